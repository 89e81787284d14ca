"""What is taken: which kinds of which namespaces of which cluster. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mtc.api import names
from mtc.diagnose import wants
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.kube.resources import ResourceType, core

_RBAC = tuple(
    ResourceType("rbac.authorization.k8s.io", "v1", plural, kind) for plural, kind in (("roles", "Role"), ("rolebindings", "RoleBinding"))
)
_NETWORK = tuple(
    ResourceType("networking.k8s.io", "v1", plural, kind)
    for plural, kind in (("ingresses", "Ingress"), ("networkpolicies", "NetworkPolicy"))
)
_OPENSHIFT = (resources.DEPLOYMENT_CONFIGS, resources.IMAGE_STREAMS, resources.ROUTES)
#: In the toolkit's namespace, besides what explanations need.
_TOOLKIT = (
    resources.VOLUME_SNAPSHOT_LOCATIONS,
    resources.DOWNLOAD_REQUESTS,
    resources.SERVER_STATUS_REQUESTS,
    resources.velero("schedules", "Schedule"),
    resources.SECRETS,
    resources.SERVICES,
    resources.SERVICE_ACCOUNTS,
    resources.PERSISTENT_VOLUME_CLAIMS,
    resources.LEASES,
    *_RBAC,
)
#: In the application's namespaces, besides what explanations need; left out of what is essential.
_APPLICATION = (
    resources.CONFIG_MAPS,
    resources.SECRETS,
    core("endpoints", "Endpoints"),
    resources.REPLICATION_CONTROLLERS,
    ResourceType("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget"),
    *_NETWORK,
    *_RBAC,
    *_OPENSHIFT,
)


@dataclass(frozen=True)
class Spaces:
    """The namespaces of one cluster.

    Attributes:
        applications: of plans.
        secrets: those whose Secrets alone matter, because objects of ours name them.
    """

    applications: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()


@dataclass
class _Draft:
    applications: set[str] = field(default_factory=set)
    secrets: set[str] = field(default_factory=set)


def spaces(host: str, clusters: Iterable[str], plans: Iterable[Object], declared: Iterable[Object]) -> Mapping[str, Spaces]:
    """Which namespaces of which cluster are involved.

    Args:
        host: name of the cluster with the Mig* objects.
        clusters: names of all.
        plans: the MigPlans.
        declared: MigClusters, MigStorages and MigHooks, which name Secrets.
    """
    found = {name: _Draft() for name in clusters}
    for plan in plans:
        spec = plan.get("spec") or {}
        for entry in spec.get("namespaces") or ():
            try:
                mapping = names.parse_namespace_mapping(str(entry))
            except names.InvalidMapping:
                continue
            for key, namespace in (("srcMigClusterRef", mapping.source), ("destMigClusterRef", mapping.target)):
                name = (spec.get(key) or {}).get("name")
                hooks = {str(hook.get("executionNamespace") or "") for hook in spec.get("hooks") or ()}
                if name in found:
                    found[name].applications |= {space for space in (namespace, *hooks) if resources.can_be_name(space)}
    found[host].secrets |= {namespace for item in declared for namespace in _named(item.get("spec") or {})}
    return {name: Spaces(frozenset(draft.applications), frozenset(draft.secrets)) for name, draft in found.items()}


def _named(value: object) -> set[str]:
    """Namespaces in references to Secrets."""
    if not isinstance(value, dict):
        return set()
    found: set[str] = set()
    for key, inner in value.items():
        if isinstance(inner, dict):
            if key.endswith("SecretRef") and resources.can_be_name(str(inner.get("namespace") or "")):
                found.add(str(inner["namespace"]))
            found |= _named(inner)
    return found


def toolkit(*, is_host: bool) -> tuple[ResourceType, ...]:
    """Kinds in the toolkit's namespace of a cluster."""
    declared = (*wants.DECLARED, resources.MIG_ANALYTICS) if is_host else ()
    return tuple(dict.fromkeys((*declared, *wants.WORKING, *_TOOLKIT)))


def application(*, is_essential: bool) -> tuple[ResourceType, ...]:
    """Kinds in a namespace of an application."""
    return tuple(dict.fromkeys((*wants.APPLICATION, *(() if is_essential else _APPLICATION))))


def surrounding() -> tuple[ResourceType, ...]:
    """Kinds that are taken of a whole cluster."""
    return wants.SURROUNDING


def is_logged(pod: Object, toolkit_namespace: str) -> bool:
    """Whether the logs of a pod are taken: those of our own processes, and of pods that we put into namespaces of applications."""
    meta = pod["metadata"]
    labels = meta.get("labels") or {}
    return meta.get("namespace") == toolkit_namespace or names.IS_STAGE_POD in labels or labels.get(names.PART_OF) == names.PART_OF_VALUE
