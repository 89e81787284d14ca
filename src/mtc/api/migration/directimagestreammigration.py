"""DirectImageStreamMigration: copies the images of one ImageStream from registry to registry."""

from typing import ClassVar

from pydantic import Field

from mtc.api import base, common
from mtc.api.conditions import Condition


class DirectImageStreamMigrationSpec(base.Model):
    """Which ImageStream is copied, and where to."""

    src_mig_cluster_ref: common.ObjectReference | None = Field(default=None, description="MigCluster to copy from.")
    dest_mig_cluster_ref: common.ObjectReference | None = Field(default=None, description="MigCluster to copy to.")
    image_stream_ref: common.ObjectReference | None = Field(default=None, description="The ImageStream in the source.")
    dest_namespace: str = Field(default="", description="Namespace in the target; empty means as in the source.")


class DirectImageStreamMigrationStatus(base.Model):
    """How the copy goes."""

    conditions: list[Condition] = Field(default_factory=list, description="What holds for the copy.")
    observed_digest: str | None = Field(default=None, description="Digest of the spec that was last reconciled.")
    start_timestamp: base.Time | None = Field(default=None, description="When the copy started.")
    phase: str | None = Field(default=None, description="What is done now.")
    itinerary: str | None = Field(default=None, description="Which list of phases is followed.")
    errors: list[str] = Field(default_factory=list, description="What went wrong.")


class DirectImageStreamMigration(base.Resource):
    """A copy of the images of one ImageStream."""

    KIND: ClassVar[base.Kind] = base.migration_kind(
        "DirectImageStreamMigration",
        "directimagestreammigrations",
        base.Column("Namespace", ".spec.imageStreamRef.namespace"),
        base.Column("ImageStream", ".spec.imageStreamRef.name"),
        base.Column("Phase", ".status.phase"),
        base.AGE,
        short_names=("dism",),
    )
    spec: DirectImageStreamMigrationSpec = Field(
        default_factory=DirectImageStreamMigrationSpec, description="Which ImageStream is copied, and where to."
    )
    status: DirectImageStreamMigrationStatus = Field(default_factory=DirectImageStreamMigrationStatus, description="How the copy goes.")
