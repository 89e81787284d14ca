"""DataDownload: brings the data of a volume snapshot from a storage location into a new volume."""

from typing import ClassVar

from pydantic import Field

from mtc.api import base, common, names

NODE_OS = ("auto", "linux", "windows")


class TargetVolume(base.Model):
    """The volume that gets the data."""

    pvc: str = Field(description="Claim.")
    pv: str = Field(description="Volume.")
    namespace: str = Field(description="Namespace of the claim.")


class DataDownloadSpec(base.Model):
    """Which snapshot, and which volume gets its data."""

    target_volume: TargetVolume = Field(description="The volume that gets the data.")
    backup_storage_location: str = Field(description="BackupStorageLocation that the data come from.")
    datamover: str | None = Field(default=None, description="Who moves the data; empty or `velero` means the built-in one.")
    snapshot_id: str = Field(alias="snapshotID", description="Snapshot in the repository.")
    source_namespace: str = Field(description="Namespace of the claim when it was backed up.")
    data_mover_config: dict[str, str] = Field(default_factory=dict, description="Settings of the one who moves the data.")
    cancel: bool = Field(default=False, description="Stop.")
    operation_timeout: base.Duration = Field(description="How long a call may take while this is processed.")
    node_os: str | None = Field(
        default=None, alias="nodeOS", description="Operating system of the node that does it.", json_schema_extra={"enum": [*NODE_OS]}
    )
    snapshot_size: base.Int64 | None = Field(default=None, description="Bytes in the snapshot.")


class DataDownloadStatus(base.Model):
    """How the move goes."""

    phase: str | None = Field(default=None, description="How far it has come.")
    message: str | None = Field(default=None, description="What happened.")
    start_timestamp: base.Time | None = Field(default=None, description="When it started.")
    completion_timestamp: base.Time | None = Field(default=None, description="When it ended, whatever the result.")
    progress: common.DataMoveProgress | None = Field(default=None, description="How much has been written.")
    node: str | None = Field(default=None, description="Node on which it is done.")
    accepted_by_node: str | None = Field(default=None, description="Node that took it over.")
    accepted_timestamp: base.Time | None = Field(default=None, description="When a node took it over.")


class DataDownload(base.Resource):
    """The move of the data of a volume snapshot into a new volume."""

    KIND: ClassVar[base.Kind] = base.velero_kind(
        "DataDownload",
        "datadownloads",
        base.Column("Status", ".status.phase"),
        base.Column("Started", ".status.startTimestamp", "date"),
        base.Column("Bytes Done", ".status.progress.bytesDone", "integer"),
        base.Column("Total Bytes", ".status.progress.totalBytes", "integer"),
        base.Column("Storage Location", ".spec.backupStorageLocation"),
        base.AGE,
        base.Column("Node", ".status.node"),
        short_names=("dd",),
        version=names.VELERO_DATA_MOVER_VERSION,
    )
    spec: DataDownloadSpec = Field(description="Which snapshot, and which volume gets its data.")
    status: DataDownloadStatus = Field(default_factory=DataDownloadStatus, description="How the move goes.")
