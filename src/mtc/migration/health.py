"""The health of workloads in namespaces: what is broken, and what is not ready yet."""

from collections.abc import Mapping, Sequence

from mtc.api import common, names
from mtc.api.migration.mighook import MigHook
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
    """Whether a pod has failed, cannot be placed, or has a container that cannot be started; our own hooks are told elsewhere."""
    if _is_of_hook(pod):
        return False
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
        bad = [pod for pod in bad if not is_of_done(pod, middle)]
        if not bad:
            continue
        groups: dict[str, list[str]] = {}
        for pod in bad:
            groups.setdefault(top_owner(pod, middle), []).append(f"Pod/{pod['metadata']['name']}")
        workloads = [common.Workload(name=name, resources=sorted(members)) for name, members in sorted(groups.items())]
        found.append(common.UnhealthyNamespace(name=namespace, workloads=workloads))
    return tuple(found)


def _is_of_hook(pod: Object) -> bool:
    """Whether it is a pod of a hook: one that failed stays although the next one was through."""
    found = pod["metadata"].get("labels") or {}
    return MigHook.KIND.singular in found and names.PHASE in found and names.OWNER in found


def is_of_done(pod: Object, middle: Mapping[str, Object]) -> bool:
    """Whether a pod belongs to a Job that has done its work, at whichever try."""
    owners = [middle.get(entry["uid"]) for entry in pod["metadata"].get("ownerReferences") or [] if entry.get("controller")]
    conditions = [entry for job in owners if job and job["kind"] == resources.JOBS.kind for entry in _conditions(job)]
    return any(entry.get("type") == "Complete" and entry.get("status") == "True" for entry in conditions)


def _conditions(item: Object) -> list[Object]:
    return (item.get("status") or {}).get("conditions") or []


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
    found: list[Object] = []
    kinds = (resources.DAEMON_SETS, *_SCALED)
    for namespace in namespaces:
        lists = await parallel.gather(cluster.list_all(kind, namespace=namespace) for kind in kinds)
        for items in lists:
            found.extend(item for item in items if not is_ready(item))
    return found


def is_ready(item: Object) -> bool:
    """Whether all pods of a workload are ready, as it is now: numbers from before its last change say nothing."""
    ready, wanted = _numbers(item)
    return ready == wanted and _is_observed(item)


def _is_observed(item: Object) -> bool:
    return bool((item.get("status") or {}).get("observedGeneration") == item["metadata"].get("generation"))


def describe(item: Object) -> str:
    """A workload with how many of its pods are ready."""
    if not _is_observed(item):
        return f"{item['kind']} {item['metadata']['namespace']}/{item['metadata']['name']}: its controller has not seen its last change"
    ready, wanted = _numbers(item)
    return f"{item['kind']} {item['metadata']['namespace']}/{item['metadata']['name']}: {ready} of {wanted} pods ready"


def _numbers(item: Object) -> tuple[int, int]:
    status = item.get("status") or {}
    if item["kind"] == resources.DAEMON_SETS.kind:
        return int(status.get("numberReady") or 0), int(status.get("desiredNumberScheduled") or 0)
    wanted = (item.get("spec") or {}).get("replicas")
    return int(status.get("readyReplicas") or 0), 1 if wanted is None else int(wanted)
