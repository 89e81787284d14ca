"""BackupStorageLocation: a bucket, or a folder of it, that holds backups."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from mtc.api import base, common


class Phase(StrEnum):
    """Whether the location can be reached."""

    AVAILABLE = "Available"
    UNAVAILABLE = "Unavailable"


class AccessMode(StrEnum):
    """What may be done with the location."""

    READ_ONLY = "ReadOnly"
    READ_WRITE = "ReadWrite"


class ObjectStorage(base.Model):
    """Where in the object storage."""

    bucket: str = Field(description="Name of the bucket or container.")
    prefix: str | None = Field(default=None, description="Folder in the bucket.")
    ca_cert: base.Base64 | None = Field(default=None, description="Certificates that the certificate of the storage is checked against.")
    ca_cert_ref: common.SecretKeySelector | None = Field(default=None, description="The same in a Secret; excludes caCert.")


class BackupStorageLocationSpec(base.Model):
    """Where the location is, and how it is used."""

    provider: str = Field(description="Provider: aws, azure, gcp, or the full name of a plug-in.")
    config: dict[str, str] = Field(default_factory=dict, description="Settings of the provider.")
    credential: common.SecretKeySelector | None = Field(default=None, description="Credentials; those of the server when unset.")
    object_storage: ObjectStorage = Field(description="Where in the object storage.")
    default: bool = Field(default=False, description="Whether backups that name no location go here.")
    access_mode: str | None = Field(
        default=None, description="ReadOnly or ReadWrite.", json_schema_extra={"enum": [str(mode) for mode in AccessMode]}
    )
    backup_sync_period: base.Duration | None = Field(
        default=None, description="How often Backups are made for what is found here; 0 means never."
    )
    validation_frequency: base.Duration | None = Field(default=None, description="How often the location is checked; 0 means once.")


class BackupStorageLocationStatus(base.Model):
    """Whether the location can be reached."""

    phase: str | None = Field(default=None, description="Whether the location can be reached.")
    last_synced_time: base.Time | None = Field(default=None, description="When Backups were last made for what is found here.")
    last_validation_time: base.Time | None = Field(default=None, description="When the location was last checked.")
    message: str | None = Field(default=None, description="Why the location cannot be reached.")
    last_synced_revision: str | None = Field(default=None, description="Written by old versions only.")
    access_mode: str | None = Field(default=None, description="Written by old versions only.")


class BackupStorageLocation(base.Resource):
    """A place in an object storage that holds backups."""

    KIND: ClassVar[base.Kind] = base.velero_kind(
        "BackupStorageLocation",
        "backupstoragelocations",
        base.Column("Phase", ".status.phase", description="Whether the location can be reached."),
        base.Column("Last Validated", ".status.lastValidationTime", "date", "When the location was last checked."),
        base.AGE,
        base.Column("Default", ".spec.default", "boolean", "Whether backups that name no location go here."),
        short_names=("bsl",),
    )
    spec: BackupStorageLocationSpec = Field(description="Where the location is, and how it is used.")
    status: BackupStorageLocationStatus = Field(
        default_factory=BackupStorageLocationStatus, description="Whether the location can be reached."
    )
