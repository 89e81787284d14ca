"""Resource types: how a kind is called, and the URL paths of its objects."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One served resource.

    Attributes:
        group: API group, "" for the core group.
        version: for instance "v1".
        plural: the resource's name in URLs.
        kind: the object's kind.
        namespaced: whether its objects live in namespaces.
        verbs: what the server offers; empty when not from discovery.
        short_names, singular, categories: what people may call it.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    verbs: frozenset[str] = frozenset()
    short_names: tuple[str, ...] = ()
    singular: str = ""

    def __hash__(self) -> int:
        # It is looked up with each event of each watch; what tells types apart is enough.
        return hash((self.group, self.version, self.plural))

    @property
    def api_version(self) -> str:
        """As in an object: "v1" or "apps/v1"."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def group_resource(self) -> str:
        """As in Velero's archives and filters: "pods" or "deployments.apps"."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, *, namespace: str | None = None, name: str | None = None, subresource: str | None = None) -> str:
        """URL path of a collection, an object or a subresource."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        parts = [root]
        if self.namespaced and namespace:
            parts.append(f"namespaces/{namespace}")
        parts.append(self.plural)
        if name:
            parts.append(name)
        if subresource:
            parts.append(subresource)
        return "/".join(parts)


_LONGEST_NAME = 253
_NEVER_IN_NAMES = frozenset("/%,=\\?#")


def can_be_name(text: str) -> bool:
    """Whether an object could have this name: as a part of a path or of a selector, any other would mean something else."""
    return 0 < len(text) <= _LONGEST_NAME and text not in {".", ".."} and text.isprintable() and not (_NEVER_IN_NAMES | {" "}) & {*text}


def core(plural: str, kind: str, *, namespaced: bool = True) -> ResourceType:
    """A type of the core group."""
    return ResourceType("", "v1", plural, kind, namespaced)


NAMESPACES = core("namespaces", "Namespace", namespaced=False)
NODES = core("nodes", "Node", namespaced=False)
PERSISTENT_VOLUMES = core("persistentvolumes", "PersistentVolume", namespaced=False)
PERSISTENT_VOLUME_CLAIMS = core("persistentvolumeclaims", "PersistentVolumeClaim")
PODS = core("pods", "Pod")
SECRETS = core("secrets", "Secret")
CONFIG_MAPS = core("configmaps", "ConfigMap")
SERVICES = core("services", "Service")
SERVICE_ACCOUNTS = core("serviceaccounts", "ServiceAccount")
EVENTS = core("events", "Event")
LIMIT_RANGES = core("limitranges", "LimitRange")
RESOURCE_QUOTAS = core("resourcequotas", "ResourceQuota")
REPLICATION_CONTROLLERS = core("replicationcontrollers", "ReplicationController")
DEPLOYMENTS = ResourceType("apps", "v1", "deployments", "Deployment")
STATEFUL_SETS = ResourceType("apps", "v1", "statefulsets", "StatefulSet")
DAEMON_SETS = ResourceType("apps", "v1", "daemonsets", "DaemonSet")
REPLICA_SETS = ResourceType("apps", "v1", "replicasets", "ReplicaSet")
JOBS = ResourceType("batch", "v1", "jobs", "Job")
CRON_JOBS = ResourceType("batch", "v1", "cronjobs", "CronJob")
STORAGE_CLASSES = ResourceType("storage.k8s.io", "v1", "storageclasses", "StorageClass", namespaced=False)
CUSTOM_RESOURCE_DEFINITIONS = ResourceType(
    "apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", namespaced=False
)
API_SERVICES = ResourceType("apiregistration.k8s.io", "v1", "apiservices", "APIService", namespaced=False)
CLUSTER_ROLES = ResourceType("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", namespaced=False)
CLUSTER_ROLE_BINDINGS = ResourceType("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", namespaced=False)
LEASES = ResourceType("coordination.k8s.io", "v1", "leases", "Lease")
DEPLOYMENT_CONFIGS = ResourceType("apps.openshift.io", "v1", "deploymentconfigs", "DeploymentConfig")
ROUTES = ResourceType("route.openshift.io", "v1", "routes", "Route")
IMAGE_STREAMS = ResourceType("image.openshift.io", "v1", "imagestreams", "ImageStream")
SELF_SUBJECT_ACCESS_REVIEWS = ResourceType(
    "authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", namespaced=False
)


#: Groups that every Kubernetes API server serves in the versions above.
BUILT_IN_GROUPS = frozenset(
    {"", "apps", "batch", "storage.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "rbac.authorization.k8s.io"}
)


def migration(plural: str, kind: str) -> ResourceType:
    """A kind of the migration group on the host cluster."""
    return ResourceType("migration.openshift.io", "v1alpha1", plural, kind)


def velero(plural: str, kind: str) -> ResourceType:
    """A kind of Velero's group on every cluster."""
    return ResourceType("velero.io", "v1", plural, kind)


MIG_CLUSTERS = migration("migclusters", "MigCluster")
MIG_STORAGES = migration("migstorages", "MigStorage")
MIG_PLANS = migration("migplans", "MigPlan")
MIG_ANALYTICS = migration("miganalytics", "MigAnalytic")
MIG_MIGRATIONS = migration("migmigrations", "MigMigration")
MIG_HOOKS = migration("mighooks", "MigHook")
DIRECT_VOLUME_MIGRATIONS = migration("directvolumemigrations", "DirectVolumeMigration")
DIRECT_VOLUME_PROGRESSES = migration("directvolumemigrationprogresses", "DirectVolumeMigrationProgress")
DIRECT_IMAGE_MIGRATIONS = migration("directimagemigrations", "DirectImageMigration")
DIRECT_IMAGE_STREAM_MIGRATIONS = migration("directimagestreammigrations", "DirectImageStreamMigration")
BACKUPS = velero("backups", "Backup")
RESTORES = velero("restores", "Restore")
SCHEDULES = velero("schedules", "Schedule")
BACKUP_STORAGE_LOCATIONS = velero("backupstoragelocations", "BackupStorageLocation")
VOLUME_SNAPSHOT_LOCATIONS = velero("volumesnapshotlocations", "VolumeSnapshotLocation")
BACKUP_REPOSITORIES = velero("backuprepositories", "BackupRepository")
POD_VOLUME_BACKUPS = velero("podvolumebackups", "PodVolumeBackup")
POD_VOLUME_RESTORES = velero("podvolumerestores", "PodVolumeRestore")
DOWNLOAD_REQUESTS = velero("downloadrequests", "DownloadRequest")
DELETE_BACKUP_REQUESTS = velero("deletebackuprequests", "DeleteBackupRequest")
SERVER_STATUS_REQUESTS = velero("serverstatusrequests", "ServerStatusRequest")
