"""VolumeSnapshotLocation: where a storage provider keeps volume snapshots."""

from typing import ClassVar

from pydantic import Field

from mtc.api import base, common


class VolumeSnapshotLocationSpec(base.Model):
    """Which provider takes snapshots, and how."""

    provider: str = Field(description="Provider: aws, azure, gcp, or the full name of a plug-in.")
    config: dict[str, str] = Field(default_factory=dict, description="Settings of the provider.")
    credential: common.SecretKeySelector | None = Field(default=None, description="Credentials; those of the server when unset.")


class VolumeSnapshotLocationStatus(base.Model):
    """Whether the location can be used."""

    phase: str | None = Field(default=None, description="Available or Unavailable; no program keeps this up to date.")


class VolumeSnapshotLocation(base.Resource):
    """A provider's place for volume snapshots."""

    KIND: ClassVar[base.Kind] = base.velero_kind(
        "VolumeSnapshotLocation",
        "volumesnapshotlocations",
        base.Column("Provider", ".spec.provider"),
        base.Column("Phase", ".status.phase"),
        base.AGE,
        short_names=("vsl",),
    )
    spec: VolumeSnapshotLocationSpec = Field(description="Which provider takes snapshots, and how.")
    status: VolumeSnapshotLocationStatus = Field(
        default_factory=VolumeSnapshotLocationStatus, description="Whether the location can be used."
    )
