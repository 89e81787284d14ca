"""Every label, annotation, finalizer and well-known name, and the rules by which names are made.

These strings are a contract with clusters and buckets that other programs wrote: MTC, Velero and their plug-ins. They are
exact; none may be spelt out anywhere else in the code. Constants that carry the word LEGACY are only read, never written.
"""

import hashlib
import re
from dataclasses import dataclass

from mtc.errors import MtcError

# --- API groups and namespaces ------------------------------------------------------------------------------------------
MIGRATION_GROUP = "migration.openshift.io"
MIGRATION_VERSION = "v1alpha1"
VELERO_GROUP = "velero.io"
VELERO_VERSION = "v1"
VELERO_DATA_MOVER_VERSION = "v2alpha1"  # DataUpload and DataDownload only

MIGRATION_NAMESPACE = "openshift-migration"  # all our objects, on every cluster
CONFIG_NAMESPACE = "openshift-config"  # convention for the Secrets that a person makes (tokens, storage keys)

# --- Well-known objects in the migration namespace ----------------------------------------------------------------------
CONTROLLER_NAME = "migration-controller"  # Deployment, ServiceAccount, MigrationController CR and ConfigMap of settings
CONTROLLER_CONFIG_MAP = "migration-controller"  # host cluster: settings of the controller
CLUSTER_CONFIG_MAP = "migration-cluster-config"  # every cluster: settings of that cluster (OPERATOR_VERSION, RSYNC_...)
HOST_CLUSTER_NAME = "host"  # usual name of the MigCluster of the host cluster
PROXY_SECRET = "migration-proxy"  # noqa: S105 - a name, not a secret

VELERO_NAME = "velero"  # Deployment and ServiceAccount of the engine, ours or Velero's
NODE_AGENT_NAME = "node-agent"  # DaemonSet
NODE_AGENT_LEGACY_NAME = "restic"  # the same before Velero 1.10
REPOSITORY_PASSWORD_SECRET = "velero-repo-credentials"  # noqa: S105 - a name
REPOSITORY_PASSWORD_KEY = "repository-password"  # noqa: S105 - a name

# Cloud Secrets that the engine reads, by provider, and the keys in them.
CLOUD_SECRETS = {"aws": "cloud-credentials", "azure": "cloud-credentials-azure", "gcp": "cloud-credentials-gcp"}
CLOUD_SECRET_KEY = "cloud"  # noqa: S105 - a name
CLOUD_SECRET_CA_KEY = "ca_bundle.pem"  # noqa: S105 - a name
CLOUD_SECRET_FOLDERS = {"aws": "credentials", "azure": "credentials-azure", "gcp": "credentials-gcp"}  # mount path in the pod

# Keys of the Secrets that a person makes.
SA_TOKEN_KEY = "saToken"  # noqa: S105 - a name; Secret of a MigCluster
AWS_ACCESS_KEY_ID_KEY = "aws-access-key-id"
AWS_SECRET_ACCESS_KEY_KEY = "aws-secret-access-key"  # noqa: S105 - a name
AZURE_CREDENTIALS_KEY = "azure-credentials"
GCP_CREDENTIALS_KEY = "gcp-credentials"

BSL_PREFIX = "velero"  # folder in the bucket under which all backups of a plan's storage lie

# --- MTC labels: what belongs to whom -----------------------------------------------------------------------------------
PART_OF = "app.kubernetes.io/part-of"  # on everything we make
PART_OF_VALUE = "openshift-migration"
PART_OF_LEGACY_VALUE = "migration"  # written in 2019
MIGRATION_CONTROLLER_LABEL = "migrationcontroller"  # UID of the MigrationController; on BSL, VSL and cloud Secrets

MIGRATION_UID = "migration.openshift.io/migration-uid"  # own UID; on MigMigration, tells live CRs from stale ones
MIGPLAN_NAME = "migration.openshift.io/migplan-name"  # on MigMigration, Backup, Restore
MIGMIGRATION_NAME = "migration.openshift.io/migmigration-name"  # on Backup, Restore
MIGRATED_BY_MIGMIGRATION = "migration.openshift.io/migrated-by-migmigration"  # UID; on Backup, Restore, every restored object
MIGRATED_BY_MIGPLAN = "migration.openshift.io/migrated-by-migplan"  # UID; the selector of a rollback
MIGRATED_BY_BACKUP = "migration.openshift.io/migrated-by-backup"  # Backup name; on restored objects
MIGRATED_BY_DVM = "migration.openshift.io/migrated-by-directvolumemigration"  # UID; on PVCs of a stand-alone DVM

# --- MTC labels: role of a Backup or Restore (value: UID of the MigMigration) ---------------------------------------------
INITIAL_BACKUP = "migration-initial-backup"
STAGE_BACKUP = "migration-stage-backup"
STAGE_RESTORE = "migration-stage-restore"
FINAL_RESTORE = "migration-final-restore"
INCLUDED_IN_STAGE_BACKUP = "migration-included-stage-backup"  # on source objects; the label selector of the stage Backup
DIRECT_VOLUME = "migration-direct-volume"  # on the DVM of a migration

# --- MTC labels: pods and other helpers ---------------------------------------------------------------------------------
TRUE = "True"  # the value of MTC's boolean labels, except where noted
IS_STAGE_POD = "migration.openshift.io/is-stage-pod"
STAGE_POD_LEGACY = "migration-stage-pod"
IS_APPLICATION_POD = "migration.openshift.io/is-application-pod"  # an application's own pod used in place of a stage pod
CREATED_FOR_PVC = "migration.openshift.io/created-for-pvc"  # md5 of the PVC name; on rsync client pods
RSYNC_ATTEMPT = "migration.openshift.io/rsync-attempt"  # "1", "2", ...
FILES_VERSION = "migration.openshift.io/files-version"  # ours, an annotation: digest of the files that a receiving pod was made with
DVMP_DONE = "migration.openshift.io/dvmp-done"  # on finished rsync pods whose result has been recorded
SOURCE_FOR_DVM = "migration.openshift.io/source-for-directvolumemigration"  # plan UID; on PVCs left after a storage conversion
MIGRATION_REGISTRY_LABEL = "migration.openshift.io/migration-registry"  # on the parts of the temporary registry
PROXY_CONFIG = "migration-proxy-config"  # on the proxy Secret
PROXY_CONFIG_VALUE = "true"
APP = "app"
DEPLOYMENT = "deployment"
OWNER = "owner"  # `directvolumemigration`, or the UID of the MigMigration on hook Jobs
PURPOSE = "purpose"
PHASE = "phase"  # hook phase; on hook Jobs and ConfigMaps
IMAGE_STREAM = "imagestream"  # UID of the ImageStream; on DirectImageStreamMigration
RSYNC_APP = "directvolumemigration-rsync-transfer"
RSYNC_BLOCK_APP = "directvolumemigration-rsync-transfer-block"
RSYNC_OWNER = "directvolumemigration"
RSYNC_PURPOSE = "rsync"
CREATED_BY = "CreatedBy"  # plan name; label and annotation of a MigAnalytic made for a plan

# --- MTC annotations: on our CRs ----------------------------------------------------------------------------------------
TOUCH = "openshift.io/touch"  # random UUID, on Mig* CRs after a reconcile
TOUCH_LEGACY = "touch"
MIGMIGRATION_TYPE = "migration.openshift.io/migmigration-type"  # `stage` or `final`; on Backup, Restore
MIGRATE_COPY_PHASE_LEGACY = "openshift.io/migrate-copy-phase"  # the same in 2019
TYPE_STAGE = "stage"
TYPE_FINAL = "final"
QUIESCE_PODS = "openshift.io/migrate-quiesce-pods"  # "true"; on Backup, Restore
REGISTRY = "openshift.io/migration-registry"  # <ClusterIP>:<port> of the registry in the cluster of the Backup or Restore
REGISTRY_DIR = "openshift.io/migration-registry-dir"  # root folder of the registry in the bucket; S3 only
REGISTRY_FOLDER_VARIABLE = "REGISTRY_STORAGE_S3_ROOTDIRECTORY"  # of the registry's container: the same folder
BACKUP_REGISTRY_HOST = "openshift.io/backup-registry-hostname"  # of the source's own registry: on stored ImageStreams, on the final Restore
RESTORE_REGISTRY_HOST = "openshift.io/restore-registry-hostname"  # of the target's own registry: on the final Restore
DISABLE_IMAGE_COPY = "migration.openshift.io/disable-image-copy"  # "true"; on Backup
STAGE_POD_IMAGE = "migration.openshift.io/stage-pod-image"  # on the stage Restore
CLAIM_NAMES = "migration.openshift.io/claim-names"  # ours: JSON, "<namespace>/<claim>" of the source to the new name; on the stage Restore
STATE_TRANSFER = "migration.openshift.io/state-transfer"  # marker on MigMigration
DRY_RUN_SUFFIX = "-dry-run"  # ours; name of the ConfigMap of a dry run: that of its MigMigration and this
DRY_RUN = "migration.openshift.io/dry-run"  # ours: "true"; on a MigMigration that only finds out what it would do
RETRY = "migration.openshift.io/retry"  # ours: any new value asks a failed MigMigration for another try
RETRY_ANSWERED = "migration.openshift.io/retry-answered"  # ours: the value of RETRY that was answered last
MADE_FOR = "migration.openshift.io/made-for"  # ours: "Kind/name"; on a Secret that the command line made for a declaration
ATTEMPT = "migration.openshift.io/attempt"  # ours: "2", "3", ...; on Backup, Restore of a later try, none on those of the first
PLAN_DIGEST = (
    "migration.openshift.io/plan-digest"  # ours; on MigMigration: of what must not change for a retry; on Backup: of what it was made from
)
PLAN_NAMESPACES = "migration.openshift.io/plan-namespaces"  # ours: spec.namespaces of its plan when a MigMigration began, by commas
SKIP_PROOF = "migration.openshift.io/skip-proof"  # ours: "true"; on a MigPlan or MigMigration whose result is not to be proved
PROVABLE = "migration.openshift.io/provable"  # ours: "true"; on a PodVolumeRestore whose node agent can compare the volume
PROVE = "migration.openshift.io/prove"  # ours: asks that node agent to; the key of the report in the bucket
PROOF = "migration.openshift.io/proof"  # ours: its answer, JSON, see api/proof.py
WAITING_FOR = "migration.openshift.io/waiting-for"  # ours: trouble that a Backup or Restore at work waits for to pass
QUIESCED_STATE = "migration.openshift.io/quiesced-state"  # ours: digest of what stood still; on the stage Backup

# --- MTC annotations: on source objects -----------------------------------------------------------------------------------
MIGRATE_TYPE = "openshift.io/migrate-type"  # `move` or `copy`; on PV, PVC
TARGET_STORAGE_CLASS = "openshift.io/target-storage-class"  # on PV, and on PVC to copy
TARGET_ACCESS_MODE = "openshift.io/target-access-mode"  # on PVC to copy
TARGET_CAPACITY = "migration.openshift.io/target-capacity"  # ours: a quantity; on PVC to copy that becomes larger
COPY_METHOD = "migration.openshift.io/copy-method"  # `snapshot`, `filesystem` or `block`; on PV, PVC to copy
VERIFY_VOLUMES = "backup.velero.io/verify-volumes"  # comma list of pod volumes whose copy is verified
EXCLUDE_PVCS = "migration.openshift.io/exclude-pvcs"  # comma list of pod volumes; on labelled application pods
PRE_QUIESCE_REPLICAS = "migration.openshift.io/preQuiesceReplicas"  # integer before scaling to 0
PRE_QUIESCE_PAUSED = "migration.openshift.io/preQuiescePaused"  # on DeploymentConfig, Deployment
PRE_QUIESCE_NODE_SELECTOR = "migration.openshift.io/preQuiesceNodeSelector"  # JSON object; on DaemonSet
QUIESCED_BY = "migration.openshift.io/quiesced-by"  # ours: "<plan UID>.<migration UID>" of who stopped the workload
PRE_QUIESCE_SUSPEND = "migration.openshift.io/preQuiesceSuspend"  # "true"; on CronJob
QUIESCE_DAEMON_SET_NODE_SELECTOR = "migration.openshift.io/quiesceDaemonSet"  # a key of nodeSelector that no node has
VM_RUN_STRATEGY = "migration.openshift.io/vm-run-strategy"
START_VM = "migration.openshift.io/start-vm"
STATEFUL_SET_UPDATE = "migration.openshift.io/statefulset-update"  # "True", while PVC references are swapped
STATEFUL_SET_TEMPORARY = "migration.openshift.io/statefulset-temporary"
CLAIM_TEMPLATES = "migration.openshift.io/claim-templates"  # ours: JSON of volumeClaimTemplates before a conversion; on StatefulSets
NAME_BEFORE = "migration.openshift.io/name-before"  # ours: name of the Job or StatefulSet that this one takes the place of
REPLICAS_AFTER = "migration.openshift.io/replicas-after"  # ours: integer; on the temporary StatefulSet, what the real one gets
STAGE_POD_OF = "migration.openshift.io/stage-pod-of"  # ours: name in the backup of a pod that was restored under another name
CDI_ALLOW_CLAIM_ADOPTION = "cdi.kubevirt.io/allowClaimAdoption"
CDI_POPULATED_FOR = "cdi.kubevirt.io/storage.populatedFor"
PVR_ERROR_COUNT = "velero.io/restore-pvr-error-count"  # integer; on the stage Restore
PVR_VERIFY_ERROR_COUNT = "velero.io/restore-pvr-verify-error-count"

# --- Finalizers -----------------------------------------------------------------------------------------------------------
DVM_FINALIZER = "migration.openshift.io/directvolumemigrationfinalizer"
RESTORE_FINALIZER = "restores.velero.io/external-resources-finalizer"  # the files of the Restore in the bucket
POD_VOLUME_FINALIZER = "velero.io/pod-volume-finalizer"
DATA_MOVER_FINALIZER = "velero.io/data-upload-download-finalizer"

# --- Velero labels (a value must pass through label_value) ------------------------------------------------------------------
BACKUP_NAME = "velero.io/backup-name"
BACKUP_UID = "velero.io/backup-uid"
RESTORE_NAME = "velero.io/restore-name"
RESTORE_UID = "velero.io/restore-uid"
SCHEDULE_NAME = "velero.io/schedule-name"
STORAGE_LOCATION = "velero.io/storage-location"
VOLUME_NAMESPACE = "velero.io/volume-namespace"
REPOSITORY_TYPE = "velero.io/repository-type"
REPOSITORY_NAME = "velero.io/repo-name"
POD_UID = "velero.io/pod-uid"
PVC_UID = "velero.io/pvc-uid"
PVC_NAMESPACE_NAME = "velero.io/pvc-namespace-name"  # <namespace>.<name>
RESOURCE_USAGE = "velero.io/resource-usage"  # `DataUpload` on the ConfigMaps that carry results to a restore
ASYNC_OPERATION_ID = "velero.io/async-operation-id"  # du-... or dd-...
DATA_UPLOAD = "velero.io/data-upload"
DATA_DOWNLOAD = "velero.io/data-download"
POD_VOLUME_BACKUP = "velero.io/pod-volume-backup"
POD_VOLUME_RESTORE = "velero.io/pod-volume-restore"  # also on the ConfigMap of that restore action, value `RestoreItemAction`
VOLUME_SNAPSHOT_NAME = "velero.io/volume-snapshot-name"
DYNAMIC_PV_RESTORE = "velero.io/dynamic-pv-restore"
EXCLUDE_FROM_BACKUP = "velero.io/exclude-from-backup"  # "true": the object is left out of every backup
GC_FAILURE = "velero.io/gc-failure"
VOLUME_GROUP = "velero.io/volume-group"
PLUGIN_CONFIG = "velero.io/plugin-config"  # on ConfigMaps that configure an action
CHANGE_STORAGE_CLASS = "velero.io/change-storage-class"
CHANGE_IMAGE_NAME = "velero.io/change-image-name"
COMPONENT = "component"  # `velero` on the engine's pods
ROLE = "role"  # `node-agent` on the node agent's pods

# --- Velero annotations -----------------------------------------------------------------------------------------------------
SOURCE_CLUSTER_GIT_VERSION = "velero.io/source-cluster-k8s-gitversion"
SOURCE_CLUSTER_MAJOR_VERSION = "velero.io/source-cluster-k8s-major-version"
SOURCE_CLUSTER_MINOR_VERSION = "velero.io/source-cluster-k8s-minor-version"
RESOURCE_TIMEOUT = "velero.io/resource-timeout"
POD_VOLUME_TIMEOUT = "velero.io/pod-volume-timeout"
PVC_NAME = "velero.io/pvc-name"
ORIGINAL_PV_NAME = "velero.io/original-pv-name"
RESTORE_STATUS = "velero.io/restore-status"
SKIP_FROM_BACKUP = "velero.io/skip-from-backup"
DATA_UPLOAD_NAME = "velero.io/data-upload-name"
CSI_SNAPSHOT_HANDLE = "velero.io/csi-volumesnapshot-handle"
CSI_SNAPSHOT_RESTORE_SIZE = "velero.io/csi-volumesnapshot-restore-size"
CSI_DRIVER_NAME = "velero.io/csi-driver-name"
CSI_DELETION_POLICY = "velero.io/csi-vsc-deletion-policy"
CSI_SNAPSHOT_CLASS = "velero.io/csi-volumesnapshot-class"  # also with `_<driver>` appended
CSI_GROUP_SNAPSHOT_HANDLE = "velero.io/csi-volumegroupsnapshot-handle"
BACKUP_VOLUMES = "backup.velero.io/backup-volumes"  # comma list of pod volumes; MTC sets it on stage pods
BACKUP_VOLUMES_EXCLUDES = "backup.velero.io/backup-volumes-excludes"
BACKUP_MUST_INCLUDE_ADDITIONAL = "backup.velero.io/must-include-additional-items"
RESTORE_MUST_INCLUDE_ADDITIONAL = "restore.velero.io/must-include-additional-items"
SKIPPED_NO_CSI_PV = "backup.velero.io/skipped-no-csi-pv"
SNAPSHOT_LEGACY_PREFIX = "snapshot.velero.io/"  # + volume name: how snapshot ids were kept before PodVolumeBackup

# Hooks on pods: prefix + one of the fields.
BACKUP_HOOK_PREFIXES = ("pre.hook.backup.velero.io/", "hook.backup.velero.io/")  # both mean `before`; the first one wins
BACKUP_POST_HOOK_PREFIX = "post.hook.backup.velero.io/"
BACKUP_HOOK_FIELDS = ("container", "command", "on-error", "timeout")
RESTORE_POST_HOOK_PREFIX = "post.hook.restore.velero.io/"
RESTORE_POST_HOOK_FIELDS = ("container", "command", "on-error", "exec-timeout", "wait-timeout", "wait-for-ready")
RESTORE_INIT_HOOK_PREFIX = "init.hook.restore.velero.io/"
RESTORE_INIT_HOOK_FIELDS = ("container-image", "container-name", "command", "timeout")

# --- Limits -----------------------------------------------------------------------------------------------------------------
LABEL_VALUE_LIMIT = 63  # of the Kubernetes API
_SUBDOMAIN_LIMIT = 253
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL_DIGEST_LENGTH = 6  # of Velero's shortening rule
_GENERATE_NAME_LIMIT = 55  # of MTC's rule: base and suffix together; two dashes and the server's five characters make 62
_STAGE_POD_LIMIT = 57  # of MTC's rule for `stage-<name>`; one dash and the server's five characters make 63


class InvalidMapping(MtcError):
    """A `source:target` entry of a plan cannot be understood."""

    reason = "InvalidMapping"


@dataclass(frozen=True, slots=True)
class NamespaceMapping:
    """A namespace of the source cluster and the name that it gets in the target cluster."""

    source: str
    target: str

    @property
    def is_mapped(self) -> bool:
        """Whether the namespace gets another name."""
        return self.source != self.target


@dataclass(frozen=True, slots=True)
class PvcMapping:
    """A claim of the source namespace and the name that it gets in the target namespace."""

    source: str
    target: str

    @property
    def is_mapped(self) -> bool:
        """Whether the claim gets another name."""
        return self.source != self.target


def parse_namespace_mapping(entry: str) -> NamespaceMapping:
    """Return the two names of `source` or `source:target`; an empty target means the same name.

    Raises:
        InvalidMapping: the entry has no source or more than one colon.
    """
    source, target = _split(entry, what="namespace")
    return NamespaceMapping(source=source, target=target)


def parse_pvc_mapping(entry: str) -> PvcMapping:
    """Return the two names of `source` or `source:target`; an empty target means the same name.

    Raises:
        InvalidMapping: the entry has no source or more than one colon.
    """
    source, target = _split(entry, what="PersistentVolumeClaim")
    return PvcMapping(source=source, target=target)


def _split(entry: str, *, what: str) -> tuple[str, str]:
    source, _, target = entry.partition(":")
    if not source or ":" in target:
        raise InvalidMapping(f"{entry!r} is not a {what} mapping: write `name`, or `source:target` to give it another name in the target")
    return source, target or source


def is_dns_subdomain(name: str) -> bool:
    """Whether most kinds of objects, claims among them, can have this name."""
    return len(name) <= _SUBDOMAIN_LIMIT and _SUBDOMAIN.fullmatch(name) is not None


def label_value(value: str) -> str:
    """Return `value` as Velero writes it in a label: when too long, its first 57 characters and 6 hex digits of its SHA-256."""
    if len(value) <= LABEL_VALUE_LIMIT:
        return value
    digest = hashlib.sha256(value.encode()).hexdigest()
    return value[: LABEL_VALUE_LIMIT - _LABEL_DIGEST_LENGTH] + digest[:_LABEL_DIGEST_LENGTH]


def correlation_labels(kind: str, uid: str) -> dict[str, str]:
    """Return the labels by which the children of an object are found: part-of, and the owner's UID under its kind in lower case."""
    return {PART_OF: PART_OF_VALUE, kind.lower(): uid}


def generate_name(base: str, suffix: str = "") -> str:
    """Return a generateName: `<base>-<suffix>-` (the base shortened to fit), or `<base>-` without a suffix.

    With a suffix this names Backups (`initial`, `stage`) and Restores (`stage`, `final`) of a migration; without, whatever
    is made on behalf of `base`: BackupStorageLocation, DirectVolumeMigration, DirectImageMigration and its children.
    """
    if not suffix:
        return f"{base[:_STAGE_POD_LIMIT]}-"
    return f"{base[: _GENERATE_NAME_LIMIT - len(suffix)]}-{suffix}-"


def hook_generate_name(plan: str, phase: str) -> str:
    """Return the generateName of the Job and ConfigMap of a hook."""
    return generate_name(f"{plan}-{phase}".lower())


def registry_generate_name(plan_uid: str) -> str:
    """Return the generateName of the registry's Secret; its Deployment and Service take the Secret's final name."""
    return f"registry-{plan_uid}-"


def stage_pod_generate_name(name: str) -> str:
    """Return the generateName of the stage pod for the pod or claim `name`."""
    return re.sub("-+", "-", f"stage-{name}")[:_STAGE_POD_LIMIT].rstrip("-") + "-"


def volume_snapshot_location_name(storage: str, plan_uid: str) -> str:
    """Return the name of a plan's VolumeSnapshotLocation: the same in both clusters, or a restore does not find it."""
    return f"{storage}-{plan_uid}"


def pvc_digest(name: str) -> str:
    """Return the value of the label CREATED_FOR_PVC for the claim `name`."""
    return _md5(name)


def volume_progress_name(dvm: str, pvc: str, ns: str) -> str:
    """Return the name of the DirectVolumeMigrationProgress of one claim."""
    return _md5(f"{dvm}{pvc}{ns}")


def rsync_password_secret_name(dvm: str) -> str:
    """Return the name of the Secret that holds the rsync password of a DirectVolumeMigration."""
    return _md5(f"directvolumemigration-rsync-pass-{dvm}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
