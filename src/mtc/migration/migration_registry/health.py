"""Whether the migration registries of a plan work: what WaitForRegistriesReady goes by, and every later step while images may travel."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migmigration import MigMigrationStatus
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import parallel
from mtc.migration.migration_registry import work
from mtc.migration.outcome import Awaited
from mtc.migration.scope import Scope

BOTH = frozenset({conditions.REGISTRIES_HEALTHY, conditions.REGISTRIES_UNHEALTHY})
#: The kubelet has given an image up for now, or for good.
_NO_IMAGE = frozenset({"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})
#: What every container goes through.
_STARTING = frozenset({"ContainerCreating", "PodInitializing", ""})


@dataclass(frozen=True)
class Sick:
    """A registry that does not work.

    Attributes:
        cluster: where.
        message: what is missing or wrong.
        pod: its pod, None where there is none.
        reason: why its container does not run, "" where the kubelet does not say.
        has_failed: whether it is more than a pod that starts.
    """

    cluster: Client
    message: str
    pod: Object | None = None
    reason: str = ""
    has_failed: bool = False

    @property
    def has_no_image(self) -> bool:
        """Whether its image cannot be pulled."""
        return self.reason in _NO_IMAGE


async def look(scope: Scope) -> list[Sick]:
    """The registries that do not work. Raises KubeError."""
    found = await parallel.gather(_look(scope, cluster) for cluster in work.clusters(scope))
    return [sick for sick in found if sick is not None]


async def _look(scope: Scope, cluster: Client) -> Sick | None:
    listed = await cluster.list_all(resources.PODS, namespace=scope.namespace, label_selector=work.selector(scope))
    pods = [pod for pod in listed if not pod["metadata"].get("deletionTimestamp")]
    if any(map(_is_ready, pods)):
        return None
    if not pods:
        return Sick(cluster, f"The pod of the migration registry of MigPlan {scope.plan.ref} is missing on cluster {cluster.name}.")
    return _judge(cluster, pods[0])


def _is_ready(pod: Object) -> bool:
    states = (pod.get("status") or {}).get("containerStatuses") or []
    return bool(states) and all(state.get("ready") for state in states)


def _judge(cluster: Client, pod: Object) -> Sick:
    """Why a pod does not work, as far as its status tells. Pure."""
    meta, status = pod["metadata"], pod.get("status") or {}
    where = f"Pod {meta['namespace']}/{meta['name']} of the migration registry on cluster {cluster.name} is not healthy"
    for state in status.get("containerStatuses") or []:
        current = state.get("state") or {}
        waiting, ended = current.get("waiting") or {}, current.get("terminated") or {}
        reason = str(waiting.get("reason") or ended.get("reason") or "")
        told = ": ".join(filter(None, (reason, str(waiting.get("message") or ended.get("message") or "")))) or "it is not ready"
        if not state.get("ready"):
            return Sick(cluster, f"{where}: {told}.", pod, reason, bool(state.get("restartCount")) or reason not in _STARTING)
    for condition in status.get("conditions") or []:
        if condition.get("status") == "False" and condition.get("message"):
            return Sick(cluster, f"{where}: {condition.get('reason', '')}: {condition['message']}", pod, has_failed=True)
    return Sick(
        cluster, f"{where}: {status.get('reason') or status.get('phase') or 'Pending'}.", pod, has_failed=status.get("phase") == "Failed"
    )


def healthy(scope: Scope) -> Condition:
    """RegistriesHealthy."""
    text = f"The migration registries on clusters {scope.source.name} and {scope.target.name} are healthy."
    return Condition(type=conditions.REGISTRIES_HEALTHY, category=conditions.REQUIRED, message=text, durable=True)


def unhealthy(found: Iterable[Sick]) -> Condition:
    """RegistriesUnhealthy."""
    text = " ".join(sick.message for sick in found)
    return Condition(type=conditions.REGISTRIES_UNHEALTHY, category=conditions.CRITICAL, message=text, durable=True)


def awaited(scope: Scope) -> tuple[Awaited, ...]:
    """What changes when a registry becomes well."""
    return tuple(Awaited(cluster, resources.PODS, scope.namespace, work.selector(scope)) for cluster in work.clusters(scope))


def is_watched(status: MigMigrationStatus) -> bool:
    """Whether a migration has shown its registries to be well once, so that it has to notice when they are not. Pure."""
    return conditions.has_any(status.conditions, *BOTH)


def shown(status: MigMigrationStatus, scope: Scope, condition: Condition) -> MigMigrationStatus:
    """The status with one of the two in place of both. Pure."""
    others = [entry for entry in status.conditions if entry.type not in BOTH - {condition.type}]
    lasting: Sequence[Condition] = [entry for entry in others if entry.type != condition.type]
    return status.model_copy(update={"conditions": conditions.merge(others, [*lasting, condition], now=scope.now)})
