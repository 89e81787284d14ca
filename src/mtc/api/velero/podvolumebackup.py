"""PodVolumeBackup: the backup of the files of one pod volume, done on the pod's node."""

from typing import ClassVar

from pydantic import Field

from mtc.api import base, common

UPLOADER_TYPES = ("kopia", "restic", "")


class PodVolumeBackupSpec(base.Model):
    """Which volume, and where its data go."""

    node: str = Field(description="Node on which the pod runs.")
    pod: common.ObjectReference = Field(description="The pod.")
    volume: str = Field(description="Name of the volume in the pod.")
    backup_storage_location: str = Field(description="BackupStorageLocation that the data go to.")
    repo_identifier: str = Field(description="Address of the repository; empty for kopia.")
    uploader_type: str | None = Field(
        default=None, description="Program that moves the data.", json_schema_extra={"enum": [*UPLOADER_TYPES]}
    )
    tags: dict[str, str] = Field(default_factory=dict, description="Tags that the snapshot gets in the repository.")
    uploader_settings: dict[str, str] = Field(default_factory=dict, description="Settings of the program, such as ParallelFilesUpload.")
    cancel: bool = Field(default=False, description="Stop.")
    parent_snapshot: str | None = Field(default=None, description="Snapshot to build on; for versions of Velero after 1.18.")


class PodVolumeBackupStatus(base.Model):
    """How the backup of the volume goes."""

    phase: str | None = Field(default=None, description="How far it has come.")
    path: str | None = Field(default=None, description="Folder that was backed up.")
    snapshot_id: str | None = Field(default=None, alias="snapshotID", description="Snapshot in the repository.")
    message: str | None = Field(default=None, description="What happened.")
    start_timestamp: base.Time | None = Field(default=None, description="When it started.")
    completion_timestamp: base.Time | None = Field(default=None, description="When it ended, whatever the result.")
    progress: common.DataMoveProgress | None = Field(default=None, description="How much has been read.")
    incremental_bytes: base.Int64 | None = Field(default=None, description="Bytes that were new in the repository.")
    accepted_timestamp: base.Time | None = Field(default=None, description="When a node agent took it over.")


class PodVolumeBackup(base.Resource):
    """The backup of the files of one pod volume."""

    KIND: ClassVar[base.Kind] = base.velero_kind(
        "PodVolumeBackup",
        "podvolumebackups",
        base.Column("Status", ".status.phase"),
        base.Column("Started", ".status.startTimestamp", "date"),
        base.Column("Bytes Done", ".status.progress.bytesDone", "integer"),
        base.Column("Total Bytes", ".status.progress.totalBytes", "integer"),
        base.Column("Incremental Bytes", ".status.incrementalBytes", "integer", priority=10),
        base.Column("Storage Location", ".spec.backupStorageLocation"),
        base.AGE,
        base.Column("Node", ".spec.node"),
        base.Column("Uploader", ".spec.uploaderType"),
        short_names=("pvb",),
    )
    spec: PodVolumeBackupSpec = Field(description="Which volume, and where its data go.")
    status: PodVolumeBackupStatus = Field(default_factory=PodVolumeBackupStatus, description="How the backup of the volume goes.")
