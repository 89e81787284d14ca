"""MigrationController: the settings of an installation.

Spec and status are free-form in the CRD, and values may be written as strings or as YAML's own types: installations have
always accepted `mig_pv_limit: "100"` and `mig_pv_limit: 100`. What is listed here are the keys that mean something, with
their defaults; `flag`, `integer` and `words` read a value whichever way it was written. None means that whoever uses the
setting has a default of his own.
"""

from typing import Any, ClassVar

from pydantic import ConfigDict, Field

from mtc.api import base
from mtc.errors import MtcError

Value = str | int | float | bool | list[Any] | dict[str, Any]

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


class InvalidSetting(MtcError):
    """A setting of the MigrationController cannot be understood."""

    reason = "InvalidSetting"


def _setting(description: str, default: Value | None = None) -> Any:  # noqa: ANN401 - stands where any field type may stand
    return Field(default=default, description=description)


class MigrationControllerSpec(base.Model):
    """The settings. Keys are written with underscores, as they always were."""

    model_config = ConfigDict(alias_generator=None)

    # Which parts are installed on this cluster
    cluster_name: Value | None = _setting("Name of the MigCluster that is made for this cluster.", "host")
    migration_velero: Value | None = _setting("Install the engine for backup and restore.", default=True)
    migration_controller: Value | None = _setting("Install the controller; false on all clusters but the host.", default=True)
    migration_ui: Value | None = _setting("Install the console; false on all clusters but the host.", default=True)
    migration_log_reader: Value | None = _setting("Install the log reader.", default=True)
    azure_resource_group: Value | None = _setting("Azure resource group of this cluster's disks.", "")

    # Limits of a plan
    mig_namespace_limit: Value | None = _setting("Namespaces in a plan, at most.", "10")
    mig_pod_limit: Value | None = _setting("Running pods in a plan, above which there is a warning.", "100")
    mig_pv_limit: Value | None = _setting("Volumes in a plan, above which there is a warning.", "100")
    mig_pv_move_storageclasses: Value | None = _setting("Further storage classes whose volumes can be moved.")

    # What is migrated
    excluded_resources: Value | None = _setting("Resources that are never migrated.", [*DEFAULT_EXCLUDED_RESOURCES])
    additional_excluded_resources: Value | None = _setting("Resources to exclude in addition.")
    disable_image_migration: Value | None = _setting("Leave out image streams.", default=False)
    disable_image_copy: Value | None = _setting("Migrate image streams without the images.", default=False)
    disable_pv_migration: Value | None = _setting("Leave out volumes and claims.", default=False)

    # The controller itself
    mig_controller_limits_cpu: Value | None = _setting("CPU limit of the controller.", "1")
    mig_controller_limits_memory: Value | None = _setting("Memory limit of the controller.", "10Gi")
    mig_controller_requests_cpu: Value | None = _setting("CPU request of the controller.", "100m")
    mig_controller_requests_memory: Value | None = _setting("Memory request of the controller.", "350Mi")
    mig_controller_enable_cache: Value | None = _setting("Read clusters through a cache.", default=False)
    discovery_collect_events: Value | None = _setting("Include events in the inventory of clusters.", default=True)
    discovery_volume_path: Value | None = _setting("Folder of the inventory.", "/var/cache/discovery")
    jaeger_enabled: Value | None = _setting("Send traces.", "false")

    # Engine and node agents
    restic_timeout: Value | None = _setting("How long the backup or restore of the volumes of a pod may take.", "1h")
    restic_supplemental_groups: Value | None = _setting("Further groups of the node agents, for NFS.")
    restic_pv_host_path: Value | None = _setting(
        "Folder of the kubelet on the nodes in which volumes are mounted.", "/var/lib/kubelet/pods"
    )
    restic_requests_cpu: Value | None = _setting("CPU request of the node agents.")
    restic_requests_memory: Value | None = _setting("Memory request of the node agents.")
    restic_limits_cpu: Value | None = _setting("CPU limit of the node agents.")
    restic_limits_memory: Value | None = _setting("Memory limit of the node agents.")
    velero_requests_cpu: Value | None = _setting("CPU request of the engine.")
    velero_requests_memory: Value | None = _setting("Memory request of the engine.")
    velero_limits_cpu: Value | None = _setting("CPU limit of the engine.")
    velero_limits_memory: Value | None = _setting("Memory limit of the engine.")
    velero_log_level: Value | None = _setting("Log level of the engine.")
    velero_use_legacy_aws: Value | None = _setting("Use the older AWS plug-in.", default=False)
    daemonset_node_selector: Value | None = _setting("Nodes on which node agents run.")
    host_cluster_restart_restic: Value | None = _setting("`restartRestic` of the host's MigCluster.")

    # Network
    http_proxy: Value | None = _setting("Proxy for http.")
    https_proxy: Value | None = _setting("Proxy for https.")
    no_proxy: Value | None = _setting("Hosts that are reached without proxy.")
    stunnel_tcp_proxy: Value | None = _setting("Proxy for direct volume copies, `http://user:password@host:port`.", "")
    stunnel_verify_ca: Value | None = _setting("Check the certificates of direct volume copies.", default=True)
    stunnel_verify_ca_level: Value | None = _setting("How strictly they are checked.", "2")
    cluster_subdomain: Value | None = _setting("Domain of routes on this cluster.", "")
    rsync_endpoint_type: Value | None = _setting("How this cluster receives direct volume copies: Route, ClusterIP or NodePort.")

    # Direct volume copies
    rsync_opt_bwlimit: Value | None = _setting("Bandwidth limit in kB/s.")
    rsync_opt_partial: Value | None = _setting("Keep files that were copied in part; true when unset.")
    rsync_opt_archive: Value | None = _setting("Keep owners, modes, times, links and devices; true when unset.")
    rsync_opt_delete: Value | None = _setting("Delete what the source does not have; true when unset.")
    rsync_opt_hardlinks: Value | None = _setting("Keep hard links; true when unset.")
    rsync_opt_info: Value | None = _setting("What rsync reports.")
    rsync_opt_extras: Value | None = _setting("Further options of rsync.")
    rsync_backoff_limit: Value | None = _setting("How often the copy of a claim is tried; 20 when unset.")
    source_rsync_pod_cpu_limits: Value | None = _setting("CPU limit of the sending container.", "1")
    source_rsync_pod_cpu_requests: Value | None = _setting("CPU request of the sending container.", "100m")
    source_rsync_pod_memory_limits: Value | None = _setting("Memory limit of the sending container.", "1Gi")
    source_rsync_pod_memory_requests: Value | None = _setting("Memory request of the sending container.", "1Gi")
    target_rsync_pod_cpu_limits: Value | None = _setting("CPU limit of the receiving container.", "1")
    target_rsync_pod_cpu_requests: Value | None = _setting("CPU request of the receiving container.", "100m")
    target_rsync_pod_memory_limits: Value | None = _setting("Memory limit of the receiving container.", "1Gi")
    target_rsync_pod_memory_requests: Value | None = _setting("Memory request of the receiving container.", "1Gi")
    stunnel_pod_cpu_limits: Value | None = _setting("CPU limit of the tunnel's container.", "1")
    stunnel_pod_cpu_requests: Value | None = _setting("CPU request of the tunnel's container.", "100m")
    stunnel_pod_memory_limits: Value | None = _setting("Memory limit of the tunnel's container.", "1Gi")
    stunnel_pod_memory_requests: Value | None = _setting("Memory request of the tunnel's container.", "1Gi")
    src_supplemental_groups: Value | None = _setting("Further groups of sending pods, comma-separated.")
    target_supplemental_groups: Value | None = _setting("Further groups of receiving pods, comma-separated.")
    migration_rsync_privileged: Value | None = _setting("Run rsync privileged on this cluster.", default=False)
    migration_rsync_super_privileged: Value | None = _setting("The same, and without SELinux confinement.", default=False)
    enable_dvm_pv_resizing: Value | None = _setting("Make target volumes larger than the source's where needed.", default=False)
    enable_intelligent_pv_resize: Value | None = _setting("Measure how full volumes are, and size the target's by that.", default=True)
    pv_resizing_threshold: Value | None = _setting("Free space in percent below which a volume grows; 3 when unset.")

    # Temporary image registry
    migration_registry_readiness_timeout: Value | None = _setting("Timeout of its readiness probe in seconds; 300 when unset.")
    migration_registry_liveness_timeout: Value | None = _setting("Timeout of its liveness probe in seconds; 300 when unset.")
    exposed_registry_validation_path: Value | None = _setting("Path that proves that a registry works; `/v2/_catalog?n=5` when unset.")

    # Console and images
    mig_ui_oauth_user_scope: Value | None = _setting("Scope that the console asks for at login.", "user:full")
    mig_ui_cluster_api_endpoint: Value | None = _setting("URL of this cluster's API server; found out when unset.")
    mig_ui_configmap_name: Value | None = _setting("ConfigMap with the settings of the console.", "mig-ui-config")
    image_pull_policy: Value | None = _setting("Pull policy of our images.", "Always")


class MigrationControllerStatus(base.Model):
    """Whatever the one who installs wants to remember."""


class MigrationController(base.Resource):
    """An installation of the toolkit on a cluster, and its settings."""

    KIND: ClassVar[base.Kind] = base.migration_kind("MigrationController", "migrationcontrollers")
    spec: MigrationControllerSpec = Field(
        default_factory=MigrationControllerSpec, description="The settings.", json_schema_extra=base.FREE_FORM
    )
    status: MigrationControllerStatus = Field(
        default_factory=MigrationControllerStatus, description="How the installation goes.", json_schema_extra=base.FREE_FORM
    )


_TRUE = frozenset({"1", "t", "true", "y", "yes", "on"})
_FALSE = frozenset({"0", "f", "false", "n", "no", "off", ""})


def flag(value: Value | None, *, name: str, default: bool = False) -> bool:
    """Return a yes-or-no setting, `default` when it is unset.

    Raises:
        InvalidSetting: the value is neither.
    """
    if value is None:
        return default
    word = str(value).lower()
    if word not in _TRUE | _FALSE:
        raise InvalidSetting(f"Setting `{name}` of the MigrationController is {value!r}: write true or false")
    return word in _TRUE


def integer(value: Value | None, *, name: str, default: int, at_least: int = 1) -> int:
    """Return a whole number, `default` when it is unset.

    Raises:
        InvalidSetting: the value is not a whole number, or is too small.
    """
    if value is None:
        return default
    try:
        number = int(str(value))
    except ValueError as error:
        raise InvalidSetting(f"Setting `{name}` of the MigrationController is {value!r}: write a whole number") from error
    if number < at_least:
        raise InvalidSetting(f"Setting `{name}` of the MigrationController is {number}: write a number of at least {at_least}")
    return number


def words(value: Value | None) -> list[str]:
    """Return a list of words, whether it was written as a list or with commas or spaces."""
    if isinstance(value, list):
        return [str(word) for word in value]
    return str(value).replace(",", " ").split() if value is not None else []
