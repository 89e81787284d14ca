"""DownloadRequest: asks for an address from which a file of a backup or restore can be downloaded for a while."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from mtc.api import base


class TargetKind(StrEnum):
    """Which file."""

    BACKUP_LOG = "BackupLog"
    BACKUP_CONTENTS = "BackupContents"
    BACKUP_VOLUME_SNAPSHOTS = "BackupVolumeSnapshots"
    BACKUP_ITEM_OPERATIONS = "BackupItemOperations"
    BACKUP_RESOURCE_LIST = "BackupResourceList"
    BACKUP_RESULTS = "BackupResults"
    RESTORE_LOG = "RestoreLog"
    RESTORE_RESULTS = "RestoreResults"
    RESTORE_RESOURCE_LIST = "RestoreResourceList"
    RESTORE_ITEM_OPERATIONS = "RestoreItemOperations"
    CSI_BACKUP_VOLUME_SNAPSHOTS = "CSIBackupVolumeSnapshots"
    CSI_BACKUP_VOLUME_SNAPSHOT_CONTENTS = "CSIBackupVolumeSnapshotContents"
    BACKUP_VOLUME_INFOS = "BackupVolumeInfos"
    RESTORE_VOLUME_INFO = "RestoreVolumeInfo"


class Phase(StrEnum):
    """How far the request has come."""

    NEW = "New"
    PROCESSED = "Processed"
    FAILED = "Failed"  # after Velero 1.18


class DownloadTarget(base.Model):
    """Which file of which backup or restore."""

    kind: str = Field(description="Which file.", json_schema_extra={"enum": [str(kind) for kind in TargetKind]})
    name: str = Field(description="Name of the Backup or Restore.")


class DownloadRequestSpec(base.Model):
    """What is wanted."""

    target: DownloadTarget = Field(description="Which file.")


class DownloadRequestStatus(base.Model):
    """The answer."""

    phase: str | None = Field(default=None, description="How far the request has come.")
    download_url: str | None = Field(default=None, alias="downloadURL", description="Address of the file; whoever knows it can read it.")
    expiration: base.Time | None = Field(default=None, description="Until when the address works.")
    message: str | None = Field(default=None, description="Why there is no address.")


class DownloadRequest(base.Resource):
    """A request for the address of a file in a storage location."""

    KIND: ClassVar[base.Kind] = base.velero_kind(
        "DownloadRequest",
        "downloadrequests",
        base.Column("Kind", ".spec.target.kind"),
        base.Column("Target", ".spec.target.name"),
        base.Column("Status", ".status.phase"),
        base.AGE,
        short_names=("dreq",),
    )
    spec: DownloadRequestSpec = Field(description="What is wanted.")
    status: DownloadRequestStatus = Field(default_factory=DownloadRequestStatus, description="The answer.")
