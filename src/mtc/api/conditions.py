"""Conditions: what a person reads in `status.conditions`, and how one pass of reconciling changes the list.

A pass stages every condition that holds now. `merge` then sweeps: what was staged stays or appears, durable ones stay
until they are removed by name, everything else goes. `Ready` is present or absent, never False. A condition that says the
same as before keeps its time, so that the time tells since when it holds.

The things that a message is about (namespaces, volumes) travel in `items` beside the finished text; texts are for people
and are never taken apart again. Types, reasons and categories are MTC's exact words, because people and programs look for
them. Constants carry a comment where the word does not say enough; the kind that sets a condition is in the heading.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from pydantic import ConfigDict, Field

from mtc.api import base

# --- Categories -----------------------------------------------------------------------------------------------------------
CRITICAL = "Critical"  # blocks Ready, and the state machine does not advance
ERROR = "Error"  # blocks Ready only
WARN = "Warn"  # blocks nothing; when a migration ends, it turns Succeeded into SucceededWithWarnings
REQUIRED = "Required"  # must be there for Ready
ADVISORY = "Advisory"  # information
BLOCKERS = frozenset({CRITICAL, ERROR})

# --- Status values --------------------------------------------------------------------------------------------------------
TRUE = "True"
FALSE = "False"

# --- Types of every kind --------------------------------------------------------------------------------------------------
READY = "Ready"  # Required
RECONCILE_FAILED = "ReconcileFailed"  # Critical: an unexpected error ended the pass; it is retried

# --- Reasons --------------------------------------------------------------------------------------------------------------
NOT_SET = "NotSet"
NOT_FOUND = "NotFound"
KEY_NOT_FOUND = "KeyNotFound"
NOT_DISTINCT = "NotDistinct"
NOT_SUPPORTED = "NotSupported"
NOT_HEALTHY = "NotHealthy"
NOT_READY = "NotReady"
NOT_DONE = "NotDone"
DONE = "Done"
MALFORMED = "Malformed"  # not a URL
INVALID_SCHEME = "InvalidScheme"  # of a URL: neither http nor https
CONNECT_FAILED = "ConnectFailed"
UNAUTHORIZED = "Unauthorized"
ROUTE_TEST_FAILED = "RouteTestFailed"  # of an image registry
VERSION_NOT_FOUND = "VersionNotFound"
VERSION_CHECK_FAILED = "VersionCheckFailed"
TEST_FAILED = "TestFailed"
CONFLICT = "Conflict"
LIMIT_EXCEEDED = "LimitExceeded"
LENGTH_EXCEEDED = "LengthExceeded"
NODE_SELECTORS_DETECTED = "NodeSelectorsDetected"
DUPLICATE_NAMESPACES = "DuplicateNamespaces"
CONFLICTING_NAMESPACES = "ConflictingNamespaces"
CONFLICTING_PERMISSIONS = "ConflictingPermissions"
NOT_DNS_COMPLIANT = "NotDNSCompliant"
NAMESPACE_MIGRATION_PLAN = "NamespaceMigrationPlan"  # the only type of migration that the plan allows
STATE_MIGRATION_PLAN = "StateMigrationPlan"
STORAGE_CONVERSION_PLAN = "StorageConversionPlan"
FAILED_RUNNING_DF = "FailedRunningDf"  # no usage figures of a volume
FAILED_RUNNING_DU = "FailedRunningDu"  # sparse files of a volume not looked for
ERRORS_DETECTED = "ErrorsDetected"
CANCEL = "Cancel"
COMPLETED = "Completed"
FAILED_REASON = "Failed"
POD_STUCK = "PodStuckInContainerCreating"
RSYNC_AS_NON_ROOT = "RsyncOperationsAreRunningAsNonRoot"
RSYNC_TIMED_OUT = "RsyncTimedOut"
RSYNC_NO_ROUTE_TO_HOST = "RsyncNoRouteToHost"

# --- MigCluster -------------------------------------------------------------------------------------------------------------
INVALID_URL = "InvalidURL"  # Critical
INVALID_SA_SECRET_REF = "InvalidSaSecretRef"  # noqa: S105 - a name; Critical
INVALID_SA_TOKEN = "InvalidSaToken"  # noqa: S105 - a name; Critical
TEST_CONNECT_FAILED = "TestConnectFailed"  # Critical
SA_TOKEN_NOT_PRIVILEGED = "SaTokenNotPrivileged"  # noqa: S105 - a name; Critical
INVALID_REGISTRY_ROUTE = "InvalidRegistryRoute"  # Critical
CLUSTER_OPERATOR_VERSION_NOT_FOUND = "ClusterOperatorVersionNotFound"  # Warn
OPERATOR_VERSION_MISMATCH = "OperatorVersionMismatch"  # Warn

# --- MigStorage (all Critical) ------------------------------------------------------------------------------------------------
INVALID_BACKUP_STORAGE_PROVIDER = "InvalidBackupStorageProvider"
INVALID_BACKUP_STORAGE_CREDS_SECRET_REF = "InvalidBackupStorageCredsSecretRef"  # noqa: S105 - a name
INVALID_BACKUP_STORAGE_SETTINGS = "InvalidBackupStorageSettings"
BACKUP_STORAGE_PROVIDER_TEST_FAILED = "BackupStorageProviderTestFailed"
INVALID_VOLUME_SNAPSHOT_PROVIDER = "InvalidVolumeSnapshotProvider"
INVALID_VOLUME_SNAPSHOT_CREDS_SECRET_REF = "InvalidVolumeSnapshotCredsSecretRef"  # noqa: S105 - a name
INVALID_VOLUME_SNAPSHOT_SETTINGS = "InvalidVolumeSnapshotSettings"
VOLUME_SNAPSHOT_PROVIDER_TEST_FAILED = "VolumeSnapshotProviderTestFailed"

# --- MigPlan: clusters and storage (Critical) ---------------------------------------------------------------------------------
INVALID_SOURCE_CLUSTER_REF = "InvalidSourceClusterRef"
SOURCE_CLUSTER_NOT_READY = "SourceClusterNotReady"
SOURCE_CLUSTER_NO_REGISTRY_PATH = "SourceClusterNoRegistryPath"  # direct images need one
INVALID_DESTINATION_CLUSTER_REF = "InvalidDestinationClusterRef"
DESTINATION_CLUSTER_NOT_READY = "DestinationClusterNotReady"
DESTINATION_CLUSTER_NO_REGISTRY_PATH = "DestinationClusterNoRegistryPath"
INVALID_DESTINATION_CLUSTER = "InvalidDestinationCluster"  # source and target are the same; DIM and DISM only
MIGRATION_TYPE_IDENTIFIED = "MigrationTypeIdentified"  # Advisory; the reason is the type
INTRA_CLUSTER_MIGRATION = "IntraClusterMigration"  # Critical, or Warn with ConflictingPermissions
INVALID_STORAGE_REF = "InvalidStorageRef"
STORAGE_NOT_READY = "StorageNotReady"
SOURCE_CLUSTER_PROXY_SECRET_MISCONFIGURED = "SourceClusterProxySecretMisconfigured"  # noqa: S105 - a name
DESTINATION_CLUSTER_PROXY_SECRET_MISCONFIGURED = "DestinationClusterProxySecretMisconfigured"  # noqa: S105 - a name
CLUSTER_VERSION_MISMATCH = "ClusterVersionMismatch"  # Warn: of the toolkit, not of Kubernetes
KUBEVIRT_NOT_INSTALLED = "KubeVirtNotInstalledSourceCluster"  # Advisory
KUBEVIRT_VERSION_NOT_SUPPORTED = "KubeVirtVersionNotSupported"  # Warn
KUBEVIRT_LIVE_MIGRATION_NOT_ENABLED = "KubeVirtStorageLiveMigrationNotEnabled"  # Warn

# --- MigPlan: namespaces, pods, hooks, resources ------------------------------------------------------------------------------
NAMESPACE_LIST_EMPTY = "NamespaceListEmpty"  # Critical
NAMESPACE_LIMIT_EXCEEDED = "NamespaceLimitExceeded"  # Critical
NAMESPACE_LENGTH_EXCEEDED = "NamespaceLengthExceeded"  # Warn
POD_LIMIT_EXCEEDED = "PodLimitExceeded"  # Warn
NAMESPACES_HAVE_NODE_SELECTORS = "NamespacesHaveNodeSelectors"  # Warn, durable
DUPLICATE_NAMESPACE_ON_SOURCE = "DuplicateNamespaceOnSourceCluster"  # Critical
DUPLICATE_NAMESPACE_ON_DESTINATION = "DuplicateNamespaceOnDestinationCluster"  # Critical
NAMESPACE_NOT_FOUND_ON_SOURCE = "NamespaceNotFoundOnSourceCluster"  # Critical
NAMESPACE_NOT_FOUND_ON_DESTINATION = "NamespaceNotFoundOnDestinationCluster"  # Critical
NAMESPACE_NOT_DNS_COMPLIANT = "NamespaceNotDNSCompliant"  # Critical
PLAN_CONFLICT = "PlanConflict"  # Error
SOURCE_PODS_NOT_HEALTHY = "SourcePodsNotHealthy"  # Warn
INVALID_HOOK_REF = "InvalidHookRef"  # Critical
INVALID_HOOK_SA_NAME = "InvalidHookSAName"  # Critical
INVALID_HOOK_NS_NAME = "InvalidHookNSName"  # Critical
HOOK_NOT_READY = "HookNotReady"  # Critical
HOOK_PHASE_UNKNOWN = "HookPhaseUnknown"  # Critical
HOOK_PHASE_DUPLICATE = "HookPhaseDuplicate"  # Critical
INVALID_RESOURCE_LIST = "InvalidResourceList"  # Critical: spec.includedResources
GVKS_INCOMPATIBLE = "GVKsIncompatible"  # Warn

# --- MigPlan: volumes ---------------------------------------------------------------------------------------------------------
PVS_DISCOVERED = "PvsDiscovered"  # Required
PV_LIMIT_EXCEEDED = "PvLimitExceeded"  # Warn
PV_NO_CEPH_AVAILABLE = "PvWarnNoCephAvailable"  # Warn
NFS_NOT_ACCESSIBLE = "NfsNotAccessible"  # Warn
NFS_ACCESS_CANNOT_BE_VALIDATED = "NfsAccessCannotBeValidated"  # Error
PV_INVALID_ACTION = "PvInvalidAction"  # Error
PV_NO_SUPPORTED_ACTION = "PvNoSupportedAction"  # Warn
PV_INVALID_STORAGE_CLASS = "PvInvalidStorageClass"  # Error
PV_INVALID_ACCESS_MODE = "PvInvalidAccessMode"  # Error
PV_NO_STORAGE_CLASS_SELECTION = "PvNoStorageClassSelection"  # Warn
PV_ACCESS_MODE_UNAVAILABLE = "PvWarnAccessModeUnavailable"  # Warn
PV_NO_COPY_METHOD_SELECTION = "PvNoCopyMethodSelection"  # Error
PV_INVALID_COPY_METHOD = "PvInvalidCopyMethod"  # Error
PV_COPY_METHOD_SNAPSHOT = "PvWarnCopyMethodSnapshot"  # Warn
PV_NAME_CONFLICT = "PvNameConflict"  # Error; also a reason of ConflictingPVCMappings
STORAGE_CLASS_CONVERSION_UNAVAILABLE = "StorageClassConversionUnavailable"  # Critical
PV_CAPACITY_ADJUSTMENT_REQUIRED = "PvCapacityAdjustmentRequired"  # Warn, durable; True NotDone, False Done
PV_USAGE_ANALYSIS_FAILED = "PvUsageAnalysisFailed"  # Warn
EXTENDED_PV_ANALYSIS_FAILED = "ExtendedPVAnalysisFailed"  # Warn; also of MigAnalytic

# --- MigPlan: its own state ---------------------------------------------------------------------------------------------------
STORAGE_ENSURED = "StorageEnsured"  # Required
SUSPENDED = "Suspended"  # Advisory
CLOSED = "Closed"  # Advisory
REGISTRIES_ENSURED = "RegistriesEnsured"  # written before 1.4.2 only

# --- MigMigration: may it run (Critical) --------------------------------------------------------------------------------------
INVALID_PLAN_REF = "InvalidPlanRef"
PLAN_NOT_READY = "PlanNotReady"
PLAN_CLOSED = "PlanClosed"
INVALID_SPEC = "InvalidSpec"
CONFLICTING_PVC_MAPPINGS = "ConflictingPVCMappings"
HAS_FINAL_MIGRATION = "HasFinalMigration"
POSTPONED = "Postponed"  # also of MigAnalytic

# --- MigMigration: how it goes (durable, except Running, DirectVolumeMigrationBlocked, UnhealthyNamespaces) ------------------
REGISTRIES_HEALTHY = "RegistriesHealthy"  # Required
REGISTRIES_UNHEALTHY = "RegistriesUnhealthy"  # Critical
RUNNING = "Running"  # Advisory; the reason is the phase
STAGE_PODS_CREATED = "StagePodsCreated"  # Advisory
STALE_SOURCE_VELERO_CRS_DELETED = "StaleSrcVeleroCRsDeleted"  # Required
STALE_DESTINATION_VELERO_CRS_DELETED = "StaleDestVeleroCRsDeleted"  # Required
STALE_RESTIC_CRS_DELETED = "StaleResticCRsDeleted"  # Required
STAGE_NO_OP = "StageNoOp"  # Warn: nothing to stage
VELERO_INITIAL_BACKUP_PARTIALLY_FAILED = "VeleroInitialBackupPartiallyFailed"  # Warn
VELERO_STAGE_BACKUP_PARTIALLY_FAILED = "VeleroStageBackupPartiallyFailed"  # Warn
VELERO_STAGE_RESTORE_PARTIALLY_FAILED = "VeleroStageRestorePartiallyFailed"  # Warn
VELERO_FINAL_RESTORE_PARTIALLY_FAILED = "VeleroFinalRestorePartiallyFailed"  # Warn
RESTIC_ERRORS = "ResticErrors"  # Warn
RESTIC_VERIFY_ERRORS = "ResticVerifyErrors"  # Warn
DIRECT_IMAGE_MIGRATION_FAILED = "DirectImageMigrationFailed"  # Warn
DIRECT_VOLUME_MIGRATION_FAILED = "DirectVolumeMigrationFailed"  # Warn
DIRECT_VOLUME_MIGRATION_BLOCKED = "DirectVolumeMigrationBlocked"  # Warn
UNHEALTHY_NAMESPACES = "UnhealthyNamespaces"  # Warn
CANCELING = "Canceling"  # Advisory
CANCELED = "Canceled"  # Advisory
FAILED = "Failed"  # Advisory; the reason is the phase that failed. Critical when the plan forbids this migration
SUCCEEDED = "Succeeded"  # Advisory
SUCCEEDED_WITH_WARNINGS = "SucceededWithWarnings"  # Advisory

# --- MigHook (Critical) and MigAnalytic ---------------------------------------------------------------------------------------
INVALID_IMAGE = "InvalidImage"
INVALID_TARGET = "InvalidTarget"
INVALID_PLAYBOOK_DATA = "InvalidPlaybookData"
INVALID_CUSTOM_HOOK = "InvalidCustomHook"
INVALID_ANSIBLE_HOOK = "InvalidAnsibleHook"
EXTENDED_PV_ANALYSIS_STARTED = "ExtendedPVAnalysisStarted"  # Advisory, durable

# --- DirectVolumeMigration and its progress -----------------------------------------------------------------------------------
INVALID_PVCS = "InvalidPVCs"  # Critical
PVCS_NOT_FOUND_ON_SOURCE = "PodsNotFoundOnSourceCluster"  # Critical; MTC's word says pods and means claims
RSYNC_ROUTE_NOT_ADMITTED = "RsyncRouteNotAdmitted"  # Warn
RSYNC_TRANSFER_PODS_PENDING = "RsyncTransferPodsPending"  # Warn
RSYNC_CLIENT_PODS_PENDING = "RsyncClientPodsPending"  # Warn
RSYNC_SERVER_PODS_RUNNING_AS_NON_ROOT = "RsyncServerPodsRunningAsNonRoot"  # Warn
FAILED_CREATING_RSYNC_PODS = "FailedCreatingRsyncPods"  # Warn
FAILED_DELETING_RSYNC_PODS = "FailedDeletingRsyncPods"  # Warn
SOURCE_TO_DESTINATION_NETWORK_ERROR = "SourceToDestinationNetworkError"  # Critical, durable
INVALID_CLUSTER_REF = "InvalidClusterRef"  # Critical, as the three below
CLUSTER_NOT_READY = "ClusterNotReady"
INVALID_POD = "InvalidPod"
INVALID_POD_SELECTOR = "InvalidPodSelector"

# --- DirectImageMigration, DirectImageStreamMigration (Critical) --------------------------------------------------------------
MISSING_SOURCE_REGISTRY_PATH = "MissingSourceClusterRegistryPath"
MISSING_DESTINATION_REGISTRY_PATH = "MissingDestinationClusterRegistryPath"
INVALID_IMAGE_STREAM_REF = "InvalidImageStreamRef"
INVALID_IMAGE_STREAM = "InvalidImageStream"


class Condition(base.Model):
    """One thing that holds, or held, for an object; frozen, so that lists of them can be compared and shared."""

    model_config = ConfigDict(frozen=True)

    type: str = Field(description="What holds; unique in the list.")
    status: str = Field(default=TRUE, description="True, False or Unknown.", json_schema_extra=base.REQUIRED)
    reason: str = Field(default="", description="One CamelCase word that tells cases of the type apart.")
    category: str = Field(
        default=ADVISORY, description="Critical and Error block Ready; Warn, Required and Advisory do not.", json_schema_extra=base.REQUIRED
    )
    message: str = Field(default="", description="What is so, on which object, and what to do about it; for people.")
    items: base.Strings = Field(default=(), description="The names that the message is about, for programs.")
    durable: bool = Field(default=False, description="Whether the condition outlives the pass that set it.")
    last_transition_time: base.Time | None = Field(default=None, description="When anything else in this condition last changed.")

    @property
    def is_true(self) -> bool:
        """Whether the condition holds."""
        return self.status == TRUE


def with_items(text: str, items: Iterable[str]) -> str:
    """Return the text with `[a,b]` in place of its first `[]`; a text without that place gets the list at its end."""
    listed = f"[{','.join(items)}]"
    return text.replace("[]", listed, 1) if "[]" in text else f"{text} {listed}"


def merge(old: Sequence[Condition], staged: Sequence[Condition], *, now: datetime, removed: Collection[str] = ()) -> list[Condition]:
    """Return the conditions after a pass: known ones in their old order, new ones behind them, each type once.

    Args:
        old: the conditions as they were read.
        staged: everything that this pass found; the last of a type counts.
        now: the time of a condition that is new or says something else than before.
        removed: types that this pass takes away though they are durable; staging one again has precedence.
    """
    before = {condition.type: condition for condition in old}
    after = {name: condition for name, condition in before.items() if condition.durable and name not in removed}
    after |= {condition.type: condition for condition in staged}
    order = [*before, *(condition.type for condition in staged if condition.type not in before)]
    return [_timed(after[name], before.get(name), now=now) for name in dict.fromkeys(order) if name in after and _may_stand(after[name])]


def _may_stand(condition: Condition) -> bool:
    return condition.type != READY or condition.is_true


def _timed(condition: Condition, before: Condition | None, *, now: datetime) -> Condition:
    unchanged = before is not None and before.last_transition_time is not None and _says_the_same(before, condition)
    time = before.last_transition_time if before is not None and unchanged else now
    return condition.model_copy(update={"last_transition_time": time})


def _says_the_same(before: Condition, after: Condition) -> bool:
    # A CRD that MTC installed prunes `items`; the message still lists them, so their absence is not a change.
    same_items = before.items in ((), after.items)
    return same_items and all(
        getattr(before, name) == getattr(after, name) for name in ("type", "status", "reason", "category", "message", "durable")
    )


def find(conditions: Iterable[Condition], type_: str) -> Condition | None:
    """Return the condition of that type, whatever its status, or None."""
    return next((condition for condition in conditions if condition.type == type_), None)


def has(conditions: Iterable[Condition], *types: str) -> bool:
    """Whether all these types are present with status True."""
    return set(types) <= {condition.type for condition in conditions if condition.is_true}


def has_any(conditions: Iterable[Condition], *types: str) -> bool:
    """Whether one of these types is present with status True."""
    return any(condition.is_true and condition.type in types for condition in conditions)


def has_category(conditions: Iterable[Condition], *categories: str) -> bool:
    """Whether a condition of one of these categories holds."""
    return any(condition.is_true and condition.category in categories for condition in conditions)


def has_blocker(conditions: Iterable[Condition]) -> bool:
    """Whether a Critical or Error condition holds, so that the object cannot be Ready."""
    return has_category(conditions, *BLOCKERS)


def is_ready(conditions: Iterable[Condition]) -> bool:
    """Whether the object is Ready."""
    return has(conditions, READY)


def ready(message: str) -> Condition:
    """Return the condition to stage when an object is ready; when it is not, nothing is staged."""
    return Condition(type=READY, category=REQUIRED, message=message)
