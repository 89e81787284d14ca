"""Conditions: what a person reads in `status.conditions`, and how one pass of reconciling changes the list.

A pass stages every condition that holds now. `merge` then sweeps: what was staged stays or appears, durable ones stay
until they are removed by name, everything else goes. `Ready` is present or absent, never False. A condition that says the
same as before keeps its time, so that the time tells since when it holds.

The things that a message is about (namespaces, volumes) travel in `items` beside the finished text; texts are for people
and are never taken apart again. Types, reasons and categories are MTC's exact words, because people and programs look for
them. What each of them means, of which category it is and what to do about it is in `catalogue`; constants carry a comment
where the word misleads, and the kind that sets a condition is in the heading.
"""

import contextlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field, ValidationError

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
CONFLICTS_FOUND = "ConflictsFound"  # of DryRunCompleted
NOT_FAILED = "NotFailed"  # of RetryRefused, as the next three
PLAN_CHANGED = "PlanChanged"
ROLLED_BACK = "RolledBack"
SUPERSEDED = "Superseded"
RSYNC_TIMED_OUT = "RsyncTimedOut"
RSYNC_NO_ROUTE_TO_HOST = "RsyncNoRouteToHost"

# --- MigCluster -------------------------------------------------------------------------------------------------------------
INVALID_URL = "InvalidURL"
INVALID_SA_SECRET_REF = "InvalidSaSecretRef"  # noqa: S105 - a name
INVALID_SA_TOKEN = "InvalidSaToken"  # noqa: S105 - a name
TEST_CONNECT_FAILED = "TestConnectFailed"
SA_TOKEN_NOT_PRIVILEGED = "SaTokenNotPrivileged"  # noqa: S105 - a name
INVALID_REGISTRY_ROUTE = "InvalidRegistryRoute"
CLUSTER_OPERATOR_VERSION_NOT_FOUND = "ClusterOperatorVersionNotFound"
OPERATOR_VERSION_MISMATCH = "OperatorVersionMismatch"

# --- MigrationController; InvalidSettings also of MigCluster (ours) -----------------------------------------------------------
INVALID_SETTINGS = "InvalidSettings"
UNKNOWN_SETTINGS = "UnknownSettings"
SETTINGS_WITHOUT_EFFECT = "SettingsWithoutEffect"
SETTINGS_IGNORED = "SettingsIgnored"

# --- MigStorage ---------------------------------------------------------------------------------------------------------------
INVALID_BACKUP_STORAGE_PROVIDER = "InvalidBackupStorageProvider"
INVALID_BACKUP_STORAGE_CREDS_SECRET_REF = "InvalidBackupStorageCredsSecretRef"  # noqa: S105 - a name
INVALID_BACKUP_STORAGE_SETTINGS = "InvalidBackupStorageSettings"
BACKUP_STORAGE_PROVIDER_TEST_FAILED = "BackupStorageProviderTestFailed"
INVALID_VOLUME_SNAPSHOT_PROVIDER = "InvalidVolumeSnapshotProvider"
INVALID_VOLUME_SNAPSHOT_CREDS_SECRET_REF = "InvalidVolumeSnapshotCredsSecretRef"  # noqa: S105 - a name
INVALID_VOLUME_SNAPSHOT_SETTINGS = "InvalidVolumeSnapshotSettings"
VOLUME_SNAPSHOT_PROVIDER_TEST_FAILED = "VolumeSnapshotProviderTestFailed"

# --- MigPlan: clusters and storage --------------------------------------------------------------------------------------------
INVALID_SOURCE_CLUSTER_REF = "InvalidSourceClusterRef"
SOURCE_CLUSTER_NOT_READY = "SourceClusterNotReady"
SOURCE_CLUSTER_NO_REGISTRY_PATH = "SourceClusterNoRegistryPath"  # direct images need one
INVALID_DESTINATION_CLUSTER_REF = "InvalidDestinationClusterRef"
DESTINATION_CLUSTER_NOT_READY = "DestinationClusterNotReady"
DESTINATION_CLUSTER_NO_REGISTRY_PATH = "DestinationClusterNoRegistryPath"
INVALID_DESTINATION_CLUSTER = "InvalidDestinationCluster"  # source and target are the same; DIM and DISM only
MIGRATION_TYPE_IDENTIFIED = "MigrationTypeIdentified"  # the reason is the type
INTRA_CLUSTER_MIGRATION = "IntraClusterMigration"
INVALID_STORAGE_REF = "InvalidStorageRef"
STORAGE_NOT_READY = "StorageNotReady"
SOURCE_CLUSTER_PROXY_SECRET_MISCONFIGURED = "SourceClusterProxySecretMisconfigured"  # noqa: S105 - a name
DESTINATION_CLUSTER_PROXY_SECRET_MISCONFIGURED = "DestinationClusterProxySecretMisconfigured"  # noqa: S105 - a name
CLUSTER_VERSION_MISMATCH = "ClusterVersionMismatch"  # of the toolkit, not of Kubernetes
KUBEVIRT_NOT_INSTALLED = "KubeVirtNotInstalledSourceCluster"
KUBEVIRT_VERSION_NOT_SUPPORTED = "KubeVirtVersionNotSupported"
KUBEVIRT_LIVE_MIGRATION_NOT_ENABLED = "KubeVirtStorageLiveMigrationNotEnabled"
MISSING_PERMISSIONS = "MissingPermissions"  # ours

# --- MigPlan: namespaces, pods, hooks, resources ------------------------------------------------------------------------------
NAMESPACE_LIST_EMPTY = "NamespaceListEmpty"
NAMESPACE_LIMIT_EXCEEDED = "NamespaceLimitExceeded"
NAMESPACE_LENGTH_EXCEEDED = "NamespaceLengthExceeded"
POD_LIMIT_EXCEEDED = "PodLimitExceeded"
NAMESPACES_HAVE_NODE_SELECTORS = "NamespacesHaveNodeSelectors"
DUPLICATE_NAMESPACE_ON_SOURCE = "DuplicateNamespaceOnSourceCluster"
DUPLICATE_NAMESPACE_ON_DESTINATION = "DuplicateNamespaceOnDestinationCluster"
NAMESPACE_NOT_FOUND_ON_SOURCE = "NamespaceNotFoundOnSourceCluster"
NAMESPACE_NOT_FOUND_ON_DESTINATION = "NamespaceNotFoundOnDestinationCluster"
NAMESPACE_NOT_DNS_COMPLIANT = "NamespaceNotDNSCompliant"
PLAN_CONFLICT = "PlanConflict"
SOURCE_PODS_NOT_HEALTHY = "SourcePodsNotHealthy"
INVALID_HOOK_REF = "InvalidHookRef"
INVALID_HOOK_SA_NAME = "InvalidHookSAName"
INVALID_HOOK_NS_NAME = "InvalidHookNSName"
HOOK_NOT_READY = "HookNotReady"
HOOK_PHASE_UNKNOWN = "HookPhaseUnknown"
HOOK_PHASE_DUPLICATE = "HookPhaseDuplicate"
INVALID_RESOURCE_LIST = "InvalidResourceList"  # spec.includedResources
GVKS_INCOMPATIBLE = "GVKsIncompatible"

# --- MigPlan: volumes ---------------------------------------------------------------------------------------------------------
PVS_DISCOVERED = "PvsDiscovered"
PV_LIMIT_EXCEEDED = "PvLimitExceeded"
PV_NO_CEPH_AVAILABLE = "PvWarnNoCephAvailable"
NFS_NOT_ACCESSIBLE = "NfsNotAccessible"
NFS_ACCESS_CANNOT_BE_VALIDATED = "NfsAccessCannotBeValidated"
PV_INVALID_ACTION = "PvInvalidAction"
PV_NO_SUPPORTED_ACTION = "PvNoSupportedAction"
PV_INVALID_STORAGE_CLASS = "PvInvalidStorageClass"
PV_INVALID_ACCESS_MODE = "PvInvalidAccessMode"
PV_NO_STORAGE_CLASS_SELECTION = "PvNoStorageClassSelection"
PV_ACCESS_MODE_UNAVAILABLE = "PvWarnAccessModeUnavailable"
PV_NO_COPY_METHOD_SELECTION = "PvNoCopyMethodSelection"
PV_INVALID_COPY_METHOD = "PvInvalidCopyMethod"
PV_COPY_METHOD_SNAPSHOT = "PvWarnCopyMethodSnapshot"
PV_NAME_CONFLICT = "PvNameConflict"  # also a reason of ConflictingPVCMappings
STORAGE_CLASS_CONVERSION_UNAVAILABLE = "StorageClassConversionUnavailable"
PV_CAPACITY_ADJUSTMENT_REQUIRED = "PvCapacityAdjustmentRequired"
PV_USAGE_ANALYSIS_FAILED = "PvUsageAnalysisFailed"
PV_USAGE_ANALYSIS_RUNNING = "PvUsageAnalysisRunning"  # ours
EXTENDED_PV_ANALYSIS_FAILED = "ExtendedPVAnalysisFailed"  # also of MigAnalytic
TARGET_QUOTA_TOO_SMALL = "TargetQuotaTooSmall"  # ours
PV_COPY_METHOD_UNFIT = "PvCopyMethodUnfit"  # ours

# --- MigPlan: its own state ---------------------------------------------------------------------------------------------------
STORAGE_ENSURED = "StorageEnsured"
SUSPENDED = "Suspended"
CLOSED = "Closed"
CLOSING = "Closing"  # ours
REGISTRIES_ENSURED = "RegistriesEnsured"  # written before 1.4.2 only

# --- MigMigration: may it run -------------------------------------------------------------------------------------------------
INVALID_PLAN_REF = "InvalidPlanRef"
PLAN_NOT_READY = "PlanNotReady"
PLAN_CLOSED = "PlanClosed"
INVALID_SPEC = "InvalidSpec"
CONFLICTING_PVC_MAPPINGS = "ConflictingPVCMappings"
HAS_FINAL_MIGRATION = "HasFinalMigration"
POSTPONED = "Postponed"  # also of MigAnalytic
DRY_RUN_COMPLETED = "DryRunCompleted"  # ours
RETRY_REFUSED = "RetryRefused"  # ours
QUEUED = "Queued"  # ours; behind migrations of other plans

# --- MigMigration: how it goes -----------------------------------------------------------------------------------------------
REGISTRIES_HEALTHY = "RegistriesHealthy"
REGISTRIES_UNHEALTHY = "RegistriesUnhealthy"
RUNNING = "Running"  # the reason is the phase
STALLED = "Stalled"  # ours, as PodsNotQuiesced
CLEANUP_INCOMPLETE = "CleanupIncomplete"  # ours
LAST_COPIES_KEPT = "LastCopiesKept"  # ours
PROOF_FAILED = "ProofFailed"  # ours
NOT_PROVED = "NotProved"  # ours
PODS_NOT_QUIESCED = "PodsNotQuiesced"
EXISTING_VOLUMES_OVERWRITTEN = "ExistingVolumesOverwritten"  # ours
CLAIMS_LEFT_BEHIND = "ClaimsLeftBehind"  # ours
WORKLOADS_LEFT_BEHIND = "WorkloadsLeftBehind"  # ours
STAGE_PODS_CREATED = "StagePodsCreated"
STALE_SOURCE_VELERO_CRS_DELETED = "StaleSrcVeleroCRsDeleted"
STALE_DESTINATION_VELERO_CRS_DELETED = "StaleDestVeleroCRsDeleted"
STALE_RESTIC_CRS_DELETED = "StaleResticCRsDeleted"
STAGE_NO_OP = "StageNoOp"
VELERO_INITIAL_BACKUP_PARTIALLY_FAILED = "VeleroInitialBackupPartiallyFailed"
VELERO_STAGE_BACKUP_PARTIALLY_FAILED = "VeleroStageBackupPartiallyFailed"
VELERO_STAGE_RESTORE_PARTIALLY_FAILED = "VeleroStageRestorePartiallyFailed"
VELERO_FINAL_RESTORE_PARTIALLY_FAILED = "VeleroFinalRestorePartiallyFailed"
FINAL_RESTORE_WARNINGS = "FinalRestoreWarnings"  # ours
RESTIC_ERRORS = "ResticErrors"
RESTIC_VERIFY_ERRORS = "ResticVerifyErrors"
DIRECT_IMAGE_MIGRATION_FAILED = "DirectImageMigrationFailed"
DIRECT_VOLUME_MIGRATION_FAILED = "DirectVolumeMigrationFailed"
DIRECT_VOLUME_MIGRATION_BLOCKED = "DirectVolumeMigrationBlocked"
UNHEALTHY_NAMESPACES = "UnhealthyNamespaces"
CANCELING = "Canceling"
CANCELED = "Canceled"
FAILED = "Failed"  # the reason is the phase that failed, or NotSupported
SUCCEEDED = "Succeeded"
SUCCEEDED_WITH_WARNINGS = "SucceededWithWarnings"

# --- MigHook and MigAnalytic --------------------------------------------------------------------------------------------------
INVALID_IMAGE = "InvalidImage"
INVALID_TARGET = "InvalidTarget"
INVALID_PLAYBOOK_DATA = "InvalidPlaybookData"
INVALID_CUSTOM_HOOK = "InvalidCustomHook"
INVALID_ANSIBLE_HOOK = "InvalidAnsibleHook"
EXTENDED_PV_ANALYSIS_STARTED = "ExtendedPVAnalysisStarted"

# --- DirectVolumeMigration and its progress -----------------------------------------------------------------------------------
INVALID_PVCS = "InvalidPVCs"
PVCS_NOT_FOUND_ON_SOURCE = "PodsNotFoundOnSourceCluster"  # MTC's word says pods and means claims
RSYNC_ROUTE_NOT_ADMITTED = "RsyncRouteNotAdmitted"
RSYNC_TRANSFER_PODS_PENDING = "RsyncTransferPodsPending"
RSYNC_CLIENT_PODS_PENDING = "RsyncClientPodsPending"
RSYNC_SERVER_PODS_RUNNING_AS_NON_ROOT = "RsyncServerPodsRunningAsNonRoot"
FAILED_CREATING_RSYNC_PODS = "FailedCreatingRsyncPods"
FAILED_DELETING_RSYNC_PODS = "FailedDeletingRsyncPods"
SOURCE_TO_DESTINATION_NETWORK_ERROR = "SourceToDestinationNetworkError"
INVALID_CLUSTER_REF = "InvalidClusterRef"
CLUSTER_NOT_READY = "ClusterNotReady"
INVALID_POD = "InvalidPod"
INVALID_POD_SELECTOR = "InvalidPodSelector"

# --- DirectImageMigration, DirectImageStreamMigration -------------------------------------------------------------------------
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


def readable(status: Mapping[str, Any] | None) -> list[Condition]:
    """Return the conditions in a status. What has another form was not written by us, and is written anew."""
    found = []
    for item in (status or {}).get("conditions") or []:
        with contextlib.suppress(ValidationError):
            found.append(Condition.model_validate(item))
    return found


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
