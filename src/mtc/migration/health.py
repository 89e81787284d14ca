"""The health of workloads in namespaces: what is broken, and what is not ready yet."""

from collections.abc import Mapping, Sequence

from mtc.api import common
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import parallel
from mtc.migration.quiesce import pods as stopped_pods

_BROKEN = frozenset({"ImagePullBackOff", "CrashLoopBackOff"})
_SCALED = (
    resources.DEPLOYMENTS,
    resources.STATEFUL_SETS,
    resources.REPLICATION_CONTROLLERS,
    resources.REPLICA_SETS,
    resources.DEPLOYMENT_CONFIGS,
)


def is_unhealthy(pod: Object) -> bool:
    """Whether a pod has failed, cannot be placed, or has a container that cannot be started."""
    status = pod.get("status") or {}
    if status.get("phase") == "Failed":
        return True
    for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        waiting = (container.get("state") or {}).get("waiting") or {}
        if not container.get("ready") and waiting.get("reason") in _BROKEN:
            return True
    if status.get("phase") == "Running":
        return False
    return any(entry.get("reason") == "Unschedulable" and entry.get("status") == "False" for entry in status.get("conditions") or [])


async def unhealthy(cluster: Client, namespaces: Sequence[str]) -> tuple[common.UnhealthyNamespace, ...]:
    """The namespaces with unhealthy pods, these grouped by the workload that made them."""
    found = []
    for namespace in namespaces:
        bad = [pod for pod in await cluster.list_all(resources.PODS, namespace=namespace) if is_unhealthy(pod)]
        if not bad:
            continue
        middle = await stopped_pods.between(cluster, [namespace])
        groups: dict[str, list[str]] = {}
        for pod in bad:
            groups.setdefault(top_owner(pod, middle), []).append(f"Pod/{pod['metadata']['name']}")
        workloads = [common.Workload(name=name, resources=sorted(members)) for name, members in sorted(groups.items())]
        found.append(common.UnhealthyNamespace(name=namespace, workloads=workloads))
    return tuple(found)


def top_owner(pod: Object, middle: Mapping[str, Object]) -> str:
    """Kind/name of the object at the top of a pod's owners; the pod itself where it has none."""
    item, seen = pod, set()
    while True:
        owner = next((entry for entry in item["metadata"].get("ownerReferences") or [] if entry.get("controller")), None)
        if owner is None:
            return f"{item.get('kind', 'Pod')}/{item['metadata']['name']}"
        if owner["uid"] in seen or owner["uid"] not in middle:
            return f"{owner['kind']}/{owner['name']}"
        seen.add(owner["uid"])
        item = middle[owner["uid"]]


async def not_ready(cluster: Client, namespaces: Sequence[str]) -> list[Object]:
    """Workloads whose pods are not all ready."""
    found = []
    kinds = (resources.DAEMON_SETS, *_SCALED)
    for namespace in namespaces:
        lists = await parallel.gather(cluster.list_all(kind, namespace=namespace) for kind in kinds)
        for items in lists:
            for item in items:
                ready, wanted = _numbers(item)
                if ready != wanted:
                    found.append(item)
    return found


def describe(item: Object) -> str:
    """A workload with how many of its pods are ready."""
    ready, wanted = _numbers(item)
    return f"{item['kind']} {item['metadata']['namespace']}/{item['metadata']['name']}: {ready} of {wanted} pods ready"


def _numbers(item: Object) -> tuple[int, int]:
    status = item.get("status") or {}
    if item["kind"] == resources.DAEMON_SETS.kind:
        return int(status.get("numberReady") or 0), int(status.get("desiredNumberScheduled") or 0)
    wanted = (item.get("spec") or {}).get("replicas")
    return int(status.get("readyReplicas") or 0), 1 if wanted is None else int(wanted)
