"""DataUpload: moves the data of a volume snapshot to a storage location."""

from typing import ClassVar

from pydantic import Field

from mtc.api import base, common, names


class CsiSnapshot(base.Model):
    """The CSI snapshot whose data are moved."""

    volume_snapshot: str = Field(description="Name of the VolumeSnapshot.")
    storage_class: str = Field(description="Storage class for the volume that is made from the snapshot.")
    snapshot_class: str | None = Field(default=None, description="Snapshot class.")
    driver: str | None = Field(default=None, description="CSI driver.")


class DataUploadSpec(base.Model):
    """Which snapshot, and where its data go."""

    snapshot_type: str = Field(description="Kind of snapshot: CSI.")
    csi_snapshot: CsiSnapshot | None = Field(default=None, description="The CSI snapshot.")
    source_pvc: str = Field(alias="sourcePVC", description="Claim whose volume was snapshotted.")
    datamover: str | None = Field(default=None, description="Who moves the data; empty or `velero` means the built-in one.")
    backup_storage_location: str = Field(description="BackupStorageLocation that the data go to.")
    source_namespace: str = Field(description="Namespace of the claim.")
    data_mover_config: dict[str, str] = Field(default_factory=dict, description="Settings of the one who moves the data.")
    cancel: bool = Field(default=False, description="Stop.")
    operation_timeout: base.Duration = Field(description="How long a call may take while this is processed.")


class DataUploadStatus(base.Model):
    """How the move goes."""

    phase: str | None = Field(default=None, description="How far it has come.")
    path: str | None = Field(default=None, description="Folder that was read.")
    snapshot_id: str | None = Field(default=None, alias="snapshotID", description="Snapshot in the repository.")
    data_mover_result: dict[str, str] = Field(default_factory=dict, description="What the one who moved the data wants to know at restore.")
    message: str | None = Field(default=None, description="What happened.")
    start_timestamp: base.Time | None = Field(default=None, description="When it started.")
    completion_timestamp: base.Time | None = Field(default=None, description="When it ended, whatever the result.")
    progress: common.DataMoveProgress | None = Field(default=None, description="How much has been read.")
    incremental_bytes: base.Int64 | None = Field(default=None, description="Bytes that were new in the repository.")
    node: str | None = Field(default=None, description="Node on which it is done.")
    node_os: str | None = Field(default=None, alias="nodeOS", description="Operating system of the node: auto, linux or windows.")
    accepted_by_node: str | None = Field(default=None, description="Node that took it over.")
    accepted_timestamp: base.Time | None = Field(default=None, description="When a node took it over.")


class DataUpload(base.Resource):
    """The move of the data of a volume snapshot to a storage location."""

    KIND: ClassVar[base.Kind] = base.velero_kind(
        "DataUpload",
        "datauploads",
        base.Column("Status", ".status.phase"),
        base.Column("Started", ".status.startTimestamp", "date"),
        base.Column("Bytes Done", ".status.progress.bytesDone", "integer"),
        base.Column("Total Bytes", ".status.progress.totalBytes", "integer"),
        base.Column("Incremental Bytes", ".status.incrementalBytes", "integer", priority=10),
        base.Column("Storage Location", ".spec.backupStorageLocation"),
        base.AGE,
        base.Column("Node", ".status.node"),
        short_names=("du",),
        version=names.VELERO_DATA_MOVER_VERSION,
    )
    spec: DataUploadSpec = Field(description="Which snapshot, and where its data go.")
    status: DataUploadStatus = Field(default_factory=DataUploadStatus, description="How the move goes.")
