"""The keys: `Settings` for the installation as a whole, `ClusterSettings` for each cluster by itself.

A field says three names: its own here, its key in the MigrationController, and its key in the ConfigMap or the environment
(empty where there is none). A field with `works=False` is known and checked, and nothing in this version acts on it.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.fields import FieldInfo

from mtc.api.settings import values
from mtc.api.settings.values import Duration, Flag, Form, Groups, Labels, Level, Limit, Path, Percent, Proxy, Quantity, Text, Words

DEFAULT_EXCLUDED_RESOURCES = (
    "imagetags",
    "templateinstances",
    "clusterserviceversions",
    "packagemanifests",
    "subscriptions",
    "servicebrokers",
    "servicebindings",
    "serviceclasses",
    "serviceinstances",
    "serviceplans",
    "operatorgroups",
    "events",
    "events.events.k8s.io",
    "rolebindings.authorization.openshift.io",
)
_IMAGES = ("imagestreams", "imagestreamtags")
_VOLUMES = ("persistentvolumes", "persistentvolumeclaims")


@dataclass(frozen=True)
class Key:
    """What is known of a setting.

    Attributes:
        key: its name in the MigrationController; empty where it cannot stand there.
        env: its name in the ConfigMap and the environment; empty where it cannot stand there.
        form: what is expected.
        default: what holds when nobody sets it.
        meaning: what it does.
        works: whether this version acts on it.
    """

    key: str
    env: str
    form: Form
    default: object
    meaning: str
    works: bool


def _key(key: str, meaning: str, *, default: Any, env: str = "", works: bool = True) -> Any:
    return Field(default=default, description=meaning, json_schema_extra={"key": key, "env": env, "works": works})


def _later(key: str, meaning: str, *, default: Any, env: str = "") -> Any:
    return _key(key, meaning, default=default, env=env, works=False)


class _Group(BaseModel):
    """Settings that are read together; frozen, so that two sets of them can be compared."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @classmethod
    def keys(cls) -> Mapping[str, Key]:
        """What is known of each field, by its name here, in the order of the reference page."""
        return {name: _described(field) for name, field in cls.model_fields.items() if isinstance(field.json_schema_extra, dict)}


def _described(field: FieldInfo) -> Key:
    extra: Any = field.json_schema_extra
    form = next(itertools.chain((part for part in field.metadata if isinstance(part, Form)), _forms(field.annotation)))
    return Key(extra["key"], extra["env"], form, field.default, field.description or "", extra["works"])


def _forms(annotation: Any) -> Iterator[Form]:
    for part in get_args(annotation):
        if isinstance(part, Form):
            yield part
        else:
            yield from _forms(part)


class Settings(_Group):
    """Settings of the installation, from the host cluster."""

    # Limits of a plan
    namespace_limit: Limit = _key("mig_namespace_limit", "Namespaces in a plan, at most.", default=10, env="NAMESPACE_LIMIT")
    pod_limit: Limit = _key("mig_pod_limit", "Running pods in a plan, above which it warns.", default=100, env="POD_LIMIT")
    pv_limit: Limit = _key("mig_pv_limit", "Volumes in a plan, above which it warns.", default=100, env="PV_LIMIT")

    migration_limit: Limit = _key(
        "mig_migration_limit", "Migrations that run side by side; others wait for their turn.", default=20, env="MIGRATION_LIMIT"
    )

    # Migrations that run
    stalled_seconds: Limit = _key(
        "mig_stalled_seconds",
        "After so many seconds in which nothing has moved, a migration names what keeps it (condition Stalled).",
        default=90,
        env="STALLED_SECONDS",
    )

    # What is migrated
    pv_move_storageclasses: Words = _key(
        "mig_pv_move_storageclasses", "Further storage classes whose volumes can be moved.", default=(), env="PV_MOVE_STORAGECLASSES"
    )
    excluded_resources: Words = _key(
        "excluded_resources", "Resources that are never migrated.", default=DEFAULT_EXCLUDED_RESOURCES, env="EXCLUDED_RESOURCES"
    )
    additional_excluded_resources: Words = _key(
        "additional_excluded_resources", "Resources to leave out besides those.", default=(), env="ADDITIONAL_EXCLUDED_RESOURCES"
    )
    disable_image_migration: Flag = _key(
        "disable_image_migration", "Leave out ImageStreams and their tags.", default=False, env="DISABLE_IMAGE_MIGRATION"
    )
    disable_image_copy: Flag = _key(
        "disable_image_copy",
        "Migrate ImageStreams without the images: plans need no path to an image registry.",
        default=False,
        env="DISABLE_IMAGE_COPY",
    )
    disable_pv_migration: Flag = _key("disable_pv_migration", "Leave out volumes and claims.", default=False, env="DISABLE_PV_MIGRATION")

    migration_proof: Flag = _key(
        "migration_proof",
        "Compare what arrived with what was saved, at the end of each final migration.",
        default=True,
        env="MIGRATION_PROOF",
    )

    # What is installed
    cluster_name: Text = _later("cluster_name", "Name of the MigCluster that is made for the host.", default="host")
    migration_velero: Flag = _later("migration_velero", "Install the engine for backup and restore.", default=True)
    migration_controller: Flag = _later("migration_controller", "Install the controller; only on the host.", default=True)
    migration_ui: Flag = _later("migration_ui", "Install the console; only on the host.", default=True)
    migration_log_reader: Flag = _later("migration_log_reader", "Install the log reader.", default=True)
    olm_managed: Flag = _later("olm_managed", "Whether an operator catalogue installed the operator.", default=False)
    version: Text = _later("version", "Version of the operator that looks after this object.", default="")
    image_pull_policy: values.PullPolicy = _later("image_pull_policy", "Pull policy of all images.", default="Always")
    azure_resource_group: Text = _later("azure_resource_group", "Azure resource group of the host's disks.", default="")

    # The controller
    mig_controller_limits_cpu: Quantity = _later("mig_controller_limits_cpu", "CPU limit of the controller.", default="1")
    mig_controller_limits_memory: Quantity = _later("mig_controller_limits_memory", "Memory limit of the controller.", default="10Gi")
    mig_controller_requests_cpu: Quantity = _later("mig_controller_requests_cpu", "CPU request of the controller.", default="100m")
    mig_controller_requests_memory: Quantity = _later(
        "mig_controller_requests_memory", "Memory request of the controller.", default="350Mi"
    )
    enable_cached_client: Flag = _later(
        "mig_controller_enable_cache", "Read clusters through a cache.", default=False, env="ENABLE_CACHED_CLIENT"
    )
    discovery_collect_events: Flag = _later(
        "discovery_collect_events", "Show Events in the inventory of clusters.", default=True, env="DISCOVERY_COLLECT_EVENTS"
    )
    discovery_volume_path: Path = _later(
        "discovery_volume_path", "Folder of the inventory.", default="/var/cache/discovery", env="WORKING_DIR"
    )
    jaeger_enabled: Flag = _later("jaeger_enabled", "Send traces.", default=False, env="JAEGER_ENABLED")

    # Engine and node agents
    restic_timeout: Duration = _later("restic_timeout", "How long the volumes of one pod may take.", default="1h")
    restic_supplemental_groups: Groups = _later("restic_supplemental_groups", "Further groups of the node agents, for NFS.", default=())
    restic_pv_host_path: Path = _later("restic_pv_host_path", "The kubelet's folder of pods on the nodes.", default="/var/lib/kubelet/pods")
    restic_requests_cpu: Quantity = _later("restic_requests_cpu", "CPU request of the node agents.", default="100m")
    restic_requests_memory: Quantity | None = _later("restic_requests_memory", "Memory request of the node agents.", default=None)
    restic_limits_cpu: Quantity | None = _later("restic_limits_cpu", "CPU limit of the node agents.", default=None)
    restic_limits_memory: Quantity | None = _later("restic_limits_memory", "Memory limit of the node agents.", default=None)
    velero_requests_cpu: Quantity = _later("velero_requests_cpu", "CPU request of the engine.", default="100m")
    velero_requests_memory: Quantity | None = _later("velero_requests_memory", "Memory request of the engine.", default=None)
    velero_limits_cpu: Quantity | None = _later("velero_limits_cpu", "CPU limit of the engine.", default=None)
    velero_limits_memory: Quantity | None = _later("velero_limits_memory", "Memory limit of the engine.", default=None)
    velero_log_level: values.LogLevel = _later("velero_log_level", "Log level of the engine.", default="info")
    velero_use_legacy_aws: Flag = _later("velero_use_legacy_aws", "Use the older AWS plug-in.", default=False)
    daemonset_node_selector: Labels = _later("daemonset_node_selector", "Nodes on which node agents run; empty means all.", default={})
    host_cluster_restart_restic: Flag | None = _later(
        "host_cluster_restart_restic", "restartRestic of the host's MigCluster.", default=None
    )

    # Proxies
    http_proxy: Proxy | None = _later("http_proxy", "Proxy for http.", default=None)
    https_proxy: Proxy | None = _later("https_proxy", "Proxy for https.", default=None)
    no_proxy: Text = _later("no_proxy", "Hosts that are reached without a proxy.", default="")
    stunnel_tcp_proxy: Proxy | None = _key(
        "stunnel_tcp_proxy", "Proxy of direct volume copies, with user and password where needed.", default=None, env="STUNNEL_TCP_PROXY"
    )

    # Direct volume copies
    stunnel_verify_ca: Flag = _key("stunnel_verify_ca", "Check certificates.", default=True, env="STUNNEL_VERIFY_CA")
    stunnel_verify_ca_level: Level = _key(
        "stunnel_verify_ca_level", "How strictly certificates are checked.", default=2, env="STUNNEL_VERIFY_CA_LEVEL"
    )
    rsync_opt_bwlimit: Limit | None = _key("rsync_opt_bwlimit", "Most kB in a second.", default=None, env="RSYNC_OPT_BWLIMIT")
    rsync_opt_partial: Flag = _key("rsync_opt_partial", "Keep files that were copied in part.", default=True, env="RSYNC_OPT_PARTIAL")
    rsync_opt_archive: Flag = _key(
        "rsync_opt_archive", "Keep owners, modes, times, links and devices.", default=True, env="RSYNC_OPT_ARCHIVE"
    )
    rsync_opt_delete: Flag = _key("rsync_opt_delete", "Delete what the source does not have.", default=True, env="RSYNC_OPT_DELETE")
    rsync_opt_hardlinks: Flag = _key("rsync_opt_hardlinks", "Keep hard links.", default=True, env="RSYNC_OPT_HARDLINKS")
    rsync_opt_info: Text = _later("rsync_opt_info", "What rsync reports.", default="", env="RSYNC_OPT_INFO")
    rsync_opt_extras: Text = _key("rsync_opt_extras", "Further options of rsync.", default="", env="RSYNC_OPT_EXTRAS")
    rsync_backoff_limit: Limit = _key(
        "rsync_backoff_limit", "How often the copy of a claim is tried.", default=20, env="RSYNC_BACKOFF_LIMIT"
    )
    source_cpu_limits: Quantity = _key("source_rsync_pod_cpu_limits", "CPU limit of the sender.", default="1", env="CLIENT_POD_CPU_LIMIT")
    source_cpu_requests: Quantity = _key(
        "source_rsync_pod_cpu_requests", "CPU request of the sender.", default="100m", env="CLIENT_POD_CPU_REQUEST"
    )
    source_memory_limits: Quantity = _key(
        "source_rsync_pod_memory_limits", "Memory limit of the sender.", default="1Gi", env="CLIENT_POD_MEMORY_LIMIT"
    )
    source_memory_requests: Quantity = _key(
        "source_rsync_pod_memory_requests", "Memory request of the sender.", default="1Gi", env="CLIENT_POD_MEMORY_REQUEST"
    )
    target_cpu_limits: Quantity = _key(
        "target_rsync_pod_cpu_limits", "CPU limit of the receiver.", default="1", env="TRANSFER_POD_CPU_LIMIT"
    )
    target_cpu_requests: Quantity = _key(
        "target_rsync_pod_cpu_requests", "CPU request of the receiver.", default="100m", env="TRANSFER_POD_CPU_REQUEST"
    )
    target_memory_limits: Quantity = _key(
        "target_rsync_pod_memory_limits", "Memory limit of the receiver.", default="1Gi", env="TRANSFER_POD_MEMORY_LIMIT"
    )
    target_memory_requests: Quantity = _key(
        "target_rsync_pod_memory_requests", "Memory request of the receiver.", default="1Gi", env="TRANSFER_POD_MEMORY_REQUEST"
    )
    stunnel_cpu_limits: Quantity = _key("stunnel_pod_cpu_limits", "CPU limit of the tunnel.", default="1", env="STUNNEL_POD_CPU_LIMIT")
    stunnel_cpu_requests: Quantity = _key(
        "stunnel_pod_cpu_requests", "CPU request of the tunnel.", default="100m", env="STUNNEL_POD_CPU_REQUEST"
    )
    stunnel_memory_limits: Quantity = _key(
        "stunnel_pod_memory_limits", "Memory limit of the tunnel.", default="1Gi", env="STUNNEL_POD_MEMORY_LIMIT"
    )
    stunnel_memory_requests: Quantity = _key(
        "stunnel_pod_memory_requests", "Memory request of the tunnel.", default="1Gi", env="STUNNEL_POD_MEMORY_REQUEST"
    )
    src_supplemental_groups: Groups = _key(
        "src_supplemental_groups", "Further groups of senders.", default=(), env="SOURCE_SUPPLEMENTAL_GROUPS"
    )
    target_supplemental_groups: Groups = _key(
        "target_supplemental_groups", "Further groups of receivers.", default=(), env="TARGET_SUPPLEMENTAL_GROUPS"
    )
    enable_dvm_pv_resizing: Flag = _key(
        "enable_dvm_pv_resizing",
        "Make copies as large as the analysis of their plan proposes, without anybody having set capacityConfirmed.",
        default=False,
        env="ENABLE_DVM_PV_RESIZING",
    )
    enable_intelligent_pv_resize: Flag = _key(
        "enable_intelligent_pv_resize",
        "Measure for each plan how full its volumes are, by a MigAnalytic that the plan owns.",
        default=True,
        env="ENABLE_INTELLIGENT_PV_RESIZE",
    )
    pv_resizing_threshold: Percent = _key(
        "pv_resizing_threshold",
        "Free space in percent, below which the analysis of a plan proposes a larger volume.",
        default=3,
        env="PV_RESIZING_USAGE_THRESHOLD",
    )

    # The console
    mig_ui_oauth_user_scope: Text = _later("mig_ui_oauth_user_scope", "Scope that the console asks for at login.", default="user:full")
    mig_ui_cluster_api_endpoint: Text = _later(
        "mig_ui_cluster_api_endpoint", "URL of the host's API server; found out when empty.", default=""
    )
    mig_ui_configmap_name: Text = _later("mig_ui_configmap_name", "ConfigMap of the console.", default="mig-ui-config")

    @model_validator(mode="after")
    def _exclude_all(self) -> Self:
        """The resources in effect: what is excluded in one way or another."""
        found = [*self.excluded_resources, *self.additional_excluded_resources]
        found += _IMAGES if self.disable_image_migration else ()
        found += _VOLUMES if self.disable_pv_migration else ()
        self.__dict__["excluded_resources"] = tuple(dict.fromkeys(found))  # the model is frozen for everybody else
        return self


class ClusterSettings(_Group):
    """Settings of one cluster, from that cluster."""

    operator_version: Text = _key(
        "", "Version of the toolkit on the cluster; written by the installation, compared between clusters.", default="",
        env="OPERATOR_VERSION",
    )  # fmt: skip
    stage_image: Text = _key(
        "migration_stage_image_fqin", "Image of the pods that hold volumes while they are copied.", default="", env="STAGE_IMAGE"
    )
    cluster_subdomain: Text = _key("cluster_subdomain", "Domain of routes on the cluster.", default="", env="CLUSTER_SUBDOMAIN")
    registry_validation_subpath: Path = _key(
        "exposed_registry_validation_path",
        "Path under which an exposed image registry is tested.",
        default="/v2/_catalog?n=5",
        env="REGISTRY_VALIDATION_SUBPATH",
    )
    rsync_endpoint_type: values.Endpoint = _key(
        "rsync_endpoint_type", "How the cluster receives direct volume copies.", default="Route", env="RSYNC_ENDPOINT_TYPE"
    )
    rsync_privileged: Flag = _key("migration_rsync_privileged", "Run rsync privileged.", default=False, env="RSYNC_PRIVILEGED")
    rsync_super_privileged: Flag = _key(
        "migration_rsync_super_privileged", "The same, and not confined by SELinux.", default=False, env="RSYNC_SUPER_PRIVILEGED"
    )
    registry_image: Text = _key("migration_registry_image_fqin", "Image of the temporary registry.", default="", env="REGISTRY_IMAGE")
    rsync_transfer_image: Text = _key("rsync_transfer_image_fqin", "Image of rsync pods.", default="", env="RSYNC_TRANSFER_IMAGE")
    registry_readiness_timeout: Limit = _key(
        "migration_registry_readiness_timeout",
        "Seconds for the readiness probe of the temporary registry.",
        default=300,
        env="REGISTRY_READINESS_TIMEOUT",
    )
    registry_liveness_timeout: Limit = _key(
        "migration_registry_liveness_timeout",
        "Seconds for the liveness probe of the temporary registry.",
        default=300,
        env="REGISTRY_LIVENESS_TIMEOUT",
    )


#: Images can be named whole or in parts; of these keys only those that are fields above are read by anything.
_IMAGE_PARTS = {"image": "Name", "repo": "Registry and folder", "version": "Tag", "image_fqin": "Full reference"}
_IMAGE_USERS = {
    "mig_controller": "the controller",
    "mig_ui": "the console",
    "mig_log_reader": "the log reader",
    "rsync_transfer": "rsync pods",
    "hook_runner": "hooks",
    "migration_registry": "the temporary registry",
    "migration_stage": "pods that hold volumes",
    "mtc_velero_plugin": "the engine's plug-in",
}


def image_keys() -> tuple[Key, ...]:
    """The keys that name images and are no field of a model."""
    taken = {key.key for key in ClusterSettings.keys().values()}
    form = Form("text", "one line of text")
    found = [
        Key(f"{user}_{part}", "", form, "", f"{what} of the image of {whose}.", works=False)
        for user, whose in _IMAGE_USERS.items()
        for part, what in _IMAGE_PARTS.items()
    ]
    return tuple(key for key in found if key.key not in taken)
