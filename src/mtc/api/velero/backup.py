"""Backup: which objects and volumes of this cluster are written to a storage location."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from mtc.api import base, common


class Phase(StrEnum):
    """How far a backup has come."""

    NEW = "New"
    QUEUED = "Queued"  # since Velero 1.18
    READY_TO_START = "ReadyToStart"  # since Velero 1.18
    FAILED_VALIDATION = "FailedValidation"
    IN_PROGRESS = "InProgress"
    WAITING = "WaitingForPluginOperations"
    WAITING_PARTIALLY_FAILED = "WaitingForPluginOperationsPartiallyFailed"
    FINALIZING = "Finalizing"
    FINALIZING_PARTIALLY_FAILED = "FinalizingPartiallyFailed"
    COMPLETED = "Completed"
    PARTIALLY_FAILED = "PartiallyFailed"
    FAILED = "Failed"
    DELETING = "Deleting"


FINISHED = frozenset({Phase.FAILED_VALIDATION, Phase.COMPLETED, Phase.PARTIALLY_FAILED, Phase.FAILED})
RESTORABLE = frozenset({Phase.COMPLETED, Phase.PARTIALLY_FAILED})
ON_ERROR = ("Continue", "Fail")


class Metadata(base.Model):
    """Metadata of backups that are made from a Schedule."""

    labels: dict[str, str] = Field(default_factory=dict, description="Labels; they win over those of the Schedule.")
    annotations: dict[str, str] = Field(default_factory=dict, description="Annotations.")


class ExecHook(base.Model):
    """A command that runs in a container of a pod."""

    container: str | None = Field(default=None, description="Container; the first one when unset.")
    command: list[str] = Field(description="Command and arguments.", min_length=1)
    on_error: str | None = Field(
        default=None, description="Continue, or Fail: count the pod as failed.", json_schema_extra={"enum": [*ON_ERROR]}
    )
    timeout: base.Duration | None = Field(default=None, description="How long the command may take; 30s when unset.")


class Hook(base.Model):
    """What runs before or after a pod is backed up."""

    exec_: ExecHook = Field(alias="exec", description="The command.")


class ResourceHook(base.Model):
    """Hooks of the objects that a filter selects."""

    name: str = Field(description="Name of the hook, for logs.")
    included_namespaces: list[str] = Field(default_factory=list, description="Namespaces; empty means all.")
    excluded_namespaces: list[str] = Field(default_factory=list, description="Namespaces that are left out.")
    included_resources: list[str] = Field(default_factory=list, description="Resources; empty means all. Hooks run on pods only.")
    excluded_resources: list[str] = Field(default_factory=list, description="Resources that are left out.")
    label_selector: common.LabelSelector | None = Field(default=None, description="Labels of the objects.")
    pre: list[Hook] = Field(default_factory=list, description="Hooks before the backup of the object.")
    post: list[Hook] = Field(default_factory=list, description="Hooks after the backup of the object and its volumes.")


class Hooks(base.Model):
    """Hooks of a backup."""

    resources: list[ResourceHook] = Field(default_factory=list, description="Hooks by filter.")


class UploaderConfig(base.Model):
    """How volume data are uploaded."""

    parallel_files_upload: int | None = Field(default=None, description="Files at once; 0 means one for each CPU.")


class BackupSpec(base.Model):
    """What is backed up, and how. The old filters by resource and the new ones by scope exclude each other."""

    metadata: Metadata = Field(default_factory=Metadata, description="Metadata of backups made from a Schedule.")
    included_namespaces: list[str] = Field(default_factory=list, description="Namespaces, or patterns of them; empty means all.")
    excluded_namespaces: list[str] = Field(default_factory=list, description="Namespaces, or patterns of them, that are left out.")
    included_resources: list[str] = Field(default_factory=list, description="Resources such as `deployments.apps`; empty means all.")
    excluded_resources: list[str] = Field(default_factory=list, description="Resources that are left out.")
    included_cluster_scoped_resources: list[str] = Field(default_factory=list, description="Resources without namespace.")
    excluded_cluster_scoped_resources: list[str] = Field(
        default_factory=list, description="Resources without namespace that are left out; `*` means all."
    )
    included_namespace_scoped_resources: list[str] = Field(default_factory=list, description="Resources in namespaces; empty means all.")
    excluded_namespace_scoped_resources: list[str] = Field(
        default_factory=list, description="Resources in namespaces that are left out; `*` means all."
    )
    include_cluster_resources: bool | None = Field(
        default=None, description="Whether resources without namespace are backed up; unset means those that belong to the rest."
    )
    label_selector: common.LabelSelector | None = Field(default=None, description="Labels of the objects.")
    or_label_selectors: list[common.LabelSelector] = Field(
        default_factory=list, description="Several selectors, one of which must fit; excludes labelSelector."
    )
    snapshot_volumes: bool | None = Field(default=None, description="Whether volumes are snapshotted; unset means when possible.")
    ttl: base.Duration | None = Field(default=None, description="How long the backup is kept; 720h when unset.")
    storage_location: str | None = Field(default=None, description="BackupStorageLocation; the default one when unset.")
    volume_snapshot_locations: list[str] = Field(default_factory=list, description="VolumeSnapshotLocations, one for each provider.")
    volume_group_snapshot_label_key: str | None = Field(default=None, description="Label by which volumes are snapshotted together.")
    default_volumes_to_restic: bool | None = Field(default=None, description="Older name of defaultVolumesToFsBackup.")
    default_volumes_to_fs_backup: bool | None = Field(
        default=None, description="Whether the files of all pod volumes are backed up, not only of those named in annotations."
    )
    ordered_resources: dict[str, str] = Field(
        default_factory=dict, description="Objects to back up first: plural name of a resource to `namespace/name,namespace/name`."
    )
    csi_snapshot_timeout: base.Duration | None = Field(default=None, description="How long a CSI snapshot may take; 10m when unset.")
    item_operation_timeout: base.Duration | None = Field(
        default=None, description="How long work behind the scenes, such as data movement, may take; 4h when unset."
    )
    resource_policy: common.TypedLocalReference | None = Field(default=None, description="ConfigMap with policies for volumes.")
    snapshot_move_data: bool | None = Field(default=None, description="Whether snapshot data are moved to the storage location.")
    datamover: str | None = Field(default=None, description="Who moves snapshot data; empty or `velero` means the built-in one.")
    uploader_config: UploaderConfig | None = Field(default=None, description="How volume data are uploaded.")
    hooks: Hooks = Field(default_factory=Hooks, description="Commands that run in pods before and after their backup.")
    backup_type: str | None = Field(default=None, description="Full or Incremental; for versions of Velero after 1.18.")


class BackupProgress(base.Model):
    """How many objects have been backed up."""

    total_items: int | None = Field(default=None, description="Objects to back up, as far as known.")
    items_backed_up: int | None = Field(default=None, description="Objects backed up so far.")


class BackupStatus(base.Model):
    """How the backup goes. Counts that are absent are 0."""

    version: int | None = Field(default=None, description="Major version of the format; 1.")
    format_version: str | None = Field(default=None, description="Version of the format.")
    expiration: base.Time | None = Field(default=None, description="When the backup may be deleted.")
    phase: str | None = Field(default=None, description="How far the backup has come.")
    queue_position: int | None = Field(default=None, description="How many backups are before this one.")
    validation_errors: list[str] = Field(default_factory=list, description="Why the spec was refused.")
    start_timestamp: base.Time | None = Field(default=None, description="When the backup started.")
    completion_timestamp: base.Time | None = Field(default=None, description="When the backup ended, whatever its result.")
    volume_snapshots_attempted: int | None = Field(default=None, description="Volume snapshots that were started.")
    volume_snapshots_completed: int | None = Field(default=None, description="Volume snapshots that succeeded.")
    csi_volume_snapshots_attempted: int | None = Field(default=None, description="CSI snapshots that were started.")
    csi_volume_snapshots_completed: int | None = Field(default=None, description="CSI snapshots that succeeded.")
    failure_reason: str | None = Field(default=None, description="Why the whole backup failed.")
    warnings: int | None = Field(default=None, description="Number of warnings; the texts are in the results file.")
    errors: int | None = Field(default=None, description="Number of errors; the texts are in the results file.")
    progress: BackupProgress | None = Field(default=None, description="How many objects have been backed up.")
    backup_item_operations_attempted: int | None = Field(default=None, description="Operations behind the scenes that were started.")
    backup_item_operations_completed: int | None = Field(default=None, description="Operations behind the scenes that succeeded.")
    backup_item_operations_failed: int | None = Field(default=None, description="Operations behind the scenes that failed.")
    hook_status: common.HookStatus | None = Field(default=None, description="How many hooks ran.")


class Backup(base.Resource):
    """A copy of objects and volume data in a storage location."""

    KIND: ClassVar[base.Kind] = base.velero_kind(
        "Backup",
        "backups",
        base.Column("Status", ".status.phase"),
        base.Column("Errors", ".status.errors", "integer"),
        base.Column("Warnings", ".status.warnings", "integer"),
        base.Column("Started", ".status.startTimestamp", "date"),
        base.AGE,
        short_names=("bak",),
    )
    spec: BackupSpec = Field(default_factory=BackupSpec, description="What is backed up, and how.")
    status: BackupStatus = Field(default_factory=BackupStatus, description="How the backup goes.")
