"""Restore: which objects and volumes of a backup are brought into this cluster."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from mtc.api import base, common
from mtc.api.velero import backup


class Phase(StrEnum):
    """How far a restore has come."""

    NEW = "New"
    FAILED_VALIDATION = "FailedValidation"
    IN_PROGRESS = "InProgress"
    WAITING = "WaitingForPluginOperations"
    WAITING_PARTIALLY_FAILED = "WaitingForPluginOperationsPartiallyFailed"
    FINALIZING = "Finalizing"
    FINALIZING_PARTIALLY_FAILED = "FinalizingPartiallyFailed"
    COMPLETED = "Completed"
    PARTIALLY_FAILED = "PartiallyFailed"
    FAILED = "Failed"


FINISHED = frozenset({Phase.FAILED_VALIDATION, Phase.COMPLETED, Phase.PARTIALLY_FAILED, Phase.FAILED})


class ExecRestoreHook(base.Model):
    """A command that runs in a container of a restored pod."""

    container: str | None = Field(default=None, description="Container; the first one when unset.")
    command: list[str] = Field(description="Command and arguments.", min_length=1)
    on_error: str | None = Field(
        default=None,
        description="Continue, or Fail: do not run the further hooks of the pod.",
        json_schema_extra={"enum": [*backup.ON_ERROR]},
    )
    exec_timeout: base.Duration | None = Field(default=None, description="How long the command may take; 30s when unset.")
    wait_timeout: base.Duration | None = Field(default=None, description="How long to wait for the container; unset means without end.")
    wait_for_ready: bool | None = Field(default=None, description="Whether to wait until the container is ready, not only running.")


class InitRestoreHook(base.Model):
    """Init containers that a restored pod gets in addition."""

    init_containers: list[base.AnyObject] = Field(
        default_factory=list, description="Init containers as in a pod; they run before the pod's own."
    )
    timeout: base.Duration | None = Field(default=None, description="How long they may take.")


class RestoreHook(base.Model):
    """What a restored pod does in addition: a command, or init containers."""

    exec_: ExecRestoreHook | None = Field(default=None, alias="exec", description="A command.")
    init: InitRestoreHook | None = Field(default=None, description="Init containers.")


class RestoreResourceHook(base.Model):
    """Hooks of the objects that a filter selects."""

    name: str = Field(description="Name of the hook, for logs.")
    included_namespaces: list[str] = Field(default_factory=list, description="Namespaces; empty means all.")
    excluded_namespaces: list[str] = Field(default_factory=list, description="Namespaces that are left out.")
    included_resources: list[str] = Field(default_factory=list, description="Resources; empty means all. Hooks run on pods only.")
    excluded_resources: list[str] = Field(default_factory=list, description="Resources that are left out.")
    label_selector: common.LabelSelector | None = Field(default=None, description="Labels of the objects.")
    post_hooks: list[RestoreHook] = Field(default_factory=list, description="Hooks after the restore of the object.")


class RestoreHooks(base.Model):
    """Hooks of a restore."""

    resources: list[RestoreResourceHook] = Field(default_factory=list, description="Hooks by filter.")


class RestoreStatusSpec(base.Model):
    """Of which resources the status is restored, too."""

    included_resources: list[str] = Field(default_factory=list, description="Resources; empty means all.")
    excluded_resources: list[str] = Field(default_factory=list, description="Resources that are left out.")


class UploaderConfig(base.Model):
    """How volume data are written."""

    write_sparse_files: bool | None = Field(default=None, description="Whether runs of zeros become holes in files.")
    parallel_files_download: int | None = Field(default=None, description="Files at once; 0 means one for each CPU.")


class RestoreSpec(base.Model):
    """What is restored, and how. Namespaces and resources are named as in the backup."""

    backup_name: str | None = Field(default=None, description="The Backup; either this or scheduleName.")
    schedule_name: str | None = Field(default=None, description="A Schedule, whose newest completed Backup is restored.")
    included_namespaces: list[str] = Field(default_factory=list, description="Namespaces, or patterns of them; empty means all.")
    excluded_namespaces: list[str] = Field(default_factory=list, description="Namespaces, or patterns of them, that are left out.")
    included_resources: list[str] = Field(default_factory=list, description="Resources such as `deployments.apps`; empty means all.")
    excluded_resources: list[str] = Field(default_factory=list, description="Resources that are left out.")
    namespace_mapping: dict[str, str] = Field(default_factory=dict, description="Namespaces that get another name: old to new.")
    label_selector: common.LabelSelector | None = Field(default=None, description="Labels of the objects.")
    or_label_selectors: list[common.LabelSelector] = Field(
        default_factory=list, description="Several selectors, one of which must fit; excludes labelSelector."
    )
    restore_pvs: bool | None = Field(default=None, alias="restorePVs", description="Whether volumes are restored from snapshots.")
    restore_status: RestoreStatusSpec | None = Field(default=None, description="Whose status is restored; unset means nobody's.")
    preserve_node_ports: bool | None = Field(default=None, description="Whether Services keep their node ports.")
    include_cluster_resources: bool | None = Field(
        default=None, description="Whether resources without namespace are restored; unset means those that belong to the rest."
    )
    hooks: RestoreHooks = Field(default_factory=RestoreHooks, description="What restored pods do in addition.")
    existing_resource_policy: str | None = Field(
        default=None, description="What happens to objects that exist already: none leaves them, update changes them."
    )
    item_operation_timeout: base.Duration | None = Field(
        default=None, description="How long work behind the scenes, such as data movement, may take; 4h when unset."
    )
    resource_modifier: common.TypedLocalReference | None = Field(default=None, description="ConfigMap with rules that change objects.")
    uploader_config: UploaderConfig | None = Field(default=None, description="How volume data are written.")
    resource_policy: common.TypedLocalReference | None = Field(
        default=None, description="ConfigMap with policies; for versions of Velero after 1.18."
    )
    skip_default_resource_modifier: bool | None = Field(
        default=None, description="Whether the server's own modifier is left out; for versions of Velero after 1.18."
    )


class RestoreProgress(base.Model):
    """How many objects have been restored."""

    total_items: int | None = Field(default=None, description="Objects to restore, as far as known.")
    items_restored: int | None = Field(default=None, description="Objects restored so far.")


class RestoreStatus(base.Model):
    """How the restore goes. Counts that are absent are 0."""

    phase: str | None = Field(default=None, description="How far the restore has come.")
    validation_errors: list[str] = Field(default_factory=list, description="Why the spec was refused.")
    warnings: int | None = Field(default=None, description="Number of warnings; the texts are in the results file.")
    errors: int | None = Field(default=None, description="Number of errors; the texts are in the results file.")
    failure_reason: str | None = Field(default=None, description="Why the whole restore failed.")
    start_timestamp: base.Time | None = Field(default=None, description="When the restore started.")
    completion_timestamp: base.Time | None = Field(default=None, description="When the restore ended, whatever its result.")
    progress: RestoreProgress | None = Field(default=None, description="How many objects have been restored.")
    restore_item_operations_attempted: int | None = Field(default=None, description="Operations behind the scenes that were started.")
    restore_item_operations_completed: int | None = Field(default=None, description="Operations behind the scenes that succeeded.")
    restore_item_operations_failed: int | None = Field(default=None, description="Operations behind the scenes that failed.")
    hook_status: common.HookStatus | None = Field(default=None, description="How many hooks ran.")


class Restore(base.Resource):
    """Objects and volume data of a backup that are brought into the cluster."""

    KIND: ClassVar[base.Kind] = base.velero_kind(
        "Restore",
        "restores",
        base.Column("Backup", ".spec.backupName"),
        base.Column("Status", ".status.phase"),
        base.Column("Errors", ".status.errors", "integer"),
        base.Column("Warnings", ".status.warnings", "integer"),
        base.AGE,
        short_names=("rst",),
    )
    spec: RestoreSpec = Field(default_factory=RestoreSpec, description="What is restored, and how.")
    status: RestoreStatus = Field(default_factory=RestoreStatus, description="How the restore goes.")
