"""DirectImageMigration: copies the images of namespaces from registry to registry."""

from typing import ClassVar

from pydantic import Field

from mtc.api import base, common
from mtc.api.conditions import Condition


class DirectImageMigrationSpec(base.Model):
    """Whose images are copied."""

    src_mig_cluster_ref: common.ObjectReference | None = Field(default=None, description="MigCluster to copy from.")
    dest_mig_cluster_ref: common.ObjectReference | None = Field(default=None, description="MigCluster to copy to.")
    namespaces: list[str] = Field(default_factory=list, description="Namespaces of the ImageStreams: `name`, or `source:target`.")
    label_selector: common.LabelSelector | None = Field(default=None, description="Labels of the ImageStreams to copy.")


class ImageStreamListItem(common.ObjectReference):
    """An ImageStream, and the copy that was started for it."""

    dest_namespace: str | None = Field(default=None, description="Namespace in the target.")
    not_found: bool = Field(default=False, description="Whether the ImageStream has vanished from the source.")
    direct_migration: common.ObjectReference | None = Field(default=None, description="The DirectImageStreamMigration.")
    errors: list[str] = Field(default_factory=list, description="What went wrong.")


class DirectImageMigrationStatus(base.Model):
    """How the copy goes."""

    conditions: list[Condition] = Field(default_factory=list, description="What holds for the copy.")
    observed_digest: str | None = Field(default=None, description="Digest of the spec that was last reconciled.")
    start_timestamp: base.Time | None = Field(default=None, description="When the copy started.")
    phase: str | None = Field(default=None, description="What is done now.")
    itinerary: str | None = Field(default=None, description="Which list of phases is followed.")
    errors: list[str] = Field(default_factory=list, description="What went wrong.")
    new_iss: list[ImageStreamListItem] = Field(default_factory=list, alias="newISs", description="ImageStreams that are being copied.")
    successful_iss: list[ImageStreamListItem] = Field(
        default_factory=list, alias="successfulISs", description="ImageStreams that were copied."
    )
    deleted_iss: list[ImageStreamListItem] = Field(default_factory=list, alias="deletedISs", description="ImageStreams that have vanished.")
    failed_iss: list[ImageStreamListItem] = Field(default_factory=list, alias="failedISs", description="ImageStreams that failed.")


class DirectImageMigration(base.Resource):
    """A copy of the images of namespaces."""

    KIND: ClassVar[base.Kind] = base.migration_kind(
        "DirectImageMigration",
        "directimagemigrations",
        base.Column("Phase", ".status.phase"),
        base.Column("Started", ".status.startTimestamp", "date"),
        base.AGE,
        short_names=("dim",),
    )
    spec: DirectImageMigrationSpec = Field(default_factory=DirectImageMigrationSpec, description="Whose images are copied.")
    status: DirectImageMigrationStatus = Field(default_factory=DirectImageMigrationStatus, description="How the copy goes.")
