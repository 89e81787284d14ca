"""PodVolumeRestore: the restore of the files of one pod volume, done on the pod's node."""

from typing import ClassVar

from pydantic import Field

from mtc.api import base, common
from mtc.api.velero import podvolumebackup


class PodVolumeRestoreSpec(base.Model):
    """Which volume, and where its data come from."""

    pod: common.ObjectReference = Field(description="The pod.")
    volume: str = Field(description="Name of the volume in the pod.")
    backup_storage_location: str = Field(description="BackupStorageLocation that the data come from.")
    repo_identifier: str = Field(description="Address of the repository; empty for kopia.")
    uploader_type: str | None = Field(
        default=None, description="Program that moves the data.", json_schema_extra={"enum": [*podvolumebackup.UPLOADER_TYPES]}
    )
    snapshot_id: str = Field(alias="snapshotID", description="Snapshot in the repository.")
    source_namespace: str = Field(description="Namespace of the pod when it was backed up.")
    uploader_settings: dict[str, str] = Field(default_factory=dict, description="Settings of the program, such as WriteSparseFiles.")
    cancel: bool = Field(default=False, description="Stop.")
    snapshot_size: base.Int64 | None = Field(default=None, description="Bytes in the snapshot.")


class PodVolumeRestoreStatus(base.Model):
    """How the restore of the volume goes."""

    phase: str | None = Field(default=None, description="How far it has come.")
    message: str | None = Field(default=None, description="What happened.")
    start_timestamp: base.Time | None = Field(default=None, description="When it started.")
    completion_timestamp: base.Time | None = Field(default=None, description="When it ended, whatever the result.")
    progress: common.DataMoveProgress | None = Field(default=None, description="How much has been written.")
    accepted_timestamp: base.Time | None = Field(default=None, description="When a node agent took it over.")
    node: str | None = Field(default=None, description="Node on which it is done.")


class PodVolumeRestore(base.Resource):
    """The restore of the files of one pod volume."""

    KIND: ClassVar[base.Kind] = base.velero_kind(
        "PodVolumeRestore",
        "podvolumerestores",
        base.Column("Status", ".status.phase"),
        base.Column("Started", ".status.startTimestamp", "date"),
        base.Column("Bytes Done", ".status.progress.bytesDone", "integer"),
        base.Column("Total Bytes", ".status.progress.totalBytes", "integer"),
        base.Column("Storage Location", ".spec.backupStorageLocation"),
        base.AGE,
        base.Column("Node", ".status.node"),
        base.Column("Uploader Type", ".spec.uploaderType"),
        short_names=("pvr",),
    )
    spec: PodVolumeRestoreSpec = Field(description="Which volume, and where its data come from.")
    status: PodVolumeRestoreStatus = Field(default_factory=PodVolumeRestoreStatus, description="How the restore of the volume goes.")
