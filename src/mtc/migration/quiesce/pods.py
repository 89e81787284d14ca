"""Pods of stopped workloads that have not gone yet, and pods that nobody stops. Pure decisions, and the look for them."""

from collections.abc import Iterable, Mapping, Sequence

from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration import listing, parallel

_ENDED = frozenset({"Succeeded", "Failed"})
_MACHINE_INSTANCES = ResourceType("kubevirt.io", "v1", "virtualmachineinstances", "VirtualMachineInstance")
#: Objects between a workload and its pods.
_BETWEEN = (resources.REPLICA_SETS, resources.REPLICATION_CONTROLLERS, resources.JOBS, _MACHINE_INSTANCES)


async def running(cluster: Client, namespaces: Sequence[str]) -> list[Object]:
    """The pods of the namespaces that may still write: all but those that have ended, and our own."""
    return [pod for pod in await listing.of_namespaces(cluster, resources.PODS, namespaces) if is_running(pod)]


def is_running(pod: Object) -> bool:
    """Whether containers of the pod may run; our own stage pods only sleep."""
    return not is_sleeping(pod) and (pod.get("status") or {}).get("phase") not in _ENDED


def is_sleeping(pod: Object) -> bool:
    """Whether it is a stage pod of ours, which writes nothing."""
    labels = pod["metadata"].get("labels") or {}
    return names.IS_STAGE_POD in labels and names.IS_APPLICATION_POD not in labels


async def between(cluster: Client, namespaces: Sequence[str]) -> dict[str, Object]:
    """ReplicaSets, ReplicationControllers, Jobs and running virtual machines of the namespaces by UID."""
    works = [listing.of_namespaces(cluster, kind, namespaces) for kind in _BETWEEN]
    return {item["metadata"]["uid"]: item for found in await parallel.gather(works) for item in found}


def left_over(pods: Iterable[Object], stopped: Iterable[Object], middle: Mapping[str, Object]) -> list[Object]:
    """The pods whose workload, directly or one above, is one of those that were stopped."""
    ours = {item["metadata"]["uid"] for item in stopped}
    return [pod for pod in pods if ours & set(_above(pod, middle))]


def unstoppable(
    pods: Iterable[Object], claims: Mapping[str, frozenset[str]], stopped: Iterable[Object], middle: Mapping[str, Object]
) -> list[Object]:
    """The pods that mount a copied claim although nothing that was stopped owns them."""
    pods = list(pods)
    gone = {pod["metadata"]["uid"] for pod in left_over(pods, stopped, middle)}
    return [
        pod for pod in pods if pod["metadata"]["uid"] not in gone and mounted(pod) & claims.get(pod["metadata"]["namespace"], frozenset())
    ]


def mounted(pod: Object) -> frozenset[str]:
    """Names of the claims that a pod mounts."""
    volumes = (pod.get("spec") or {}).get("volumes") or []
    return frozenset(volume["persistentVolumeClaim"]["claimName"] for volume in volumes if volume.get("persistentVolumeClaim"))


def _above(pod: Object, middle: Mapping[str, Object]) -> list[str]:
    found: list[str] = []
    item: Object | None = pod
    while item is not None:
        owner = next((entry for entry in item["metadata"].get("ownerReferences") or [] if entry.get("controller")), None)
        if owner is None or owner["uid"] in found:
            break
        found.append(owner["uid"])
        item = middle.get(owner["uid"])
    return found
