"""Applies the manifests and waits until everything runs. Running it again changes only what differs."""

import asyncio
from collections.abc import Callable

from mtc import errors
from mtc.install import manifests
from mtc.install.least_privilege import ADMIN_BINDING
from mtc.kube import client, discovery, resources, watch
from mtc.kube import errors as kube_errors
from mtc.kube.client import Client, Object

_MANAGER = "mtc-install"
_READY_TIMEOUT_S = 300.0
_DEFINITION_TIMEOUT_S = 60.0
#: An unfinished wait says every so often what it waits for.
_TELL_S = 10.0

#: The type by which the Prometheus operator is told of metrics.
_MONITOR = ("monitoring.coreos.com/v1", "ServiceMonitor")

Tell = Callable[[str], None]


class NotReady(errors.MtcError):
    """Something that was installed does not become ready."""

    reason = "NotReady"


async def install(
    cluster: Client, *, image: str, host: bool, namespace: str, pods_path: str, tell: Tell, least_privilege: bool = False
) -> int:
    """Installs or updates the toolkit; the number of objects that were changed.

    Args:
        cluster: where to.
        image: reference of the toolkit's image, as the nodes pull it.
        host: whether the controller runs here too.
        namespace: usually openshift-migration.
        pods_path: the kubelet's folder of pods on the nodes.
        tell: gets one line for each thing that happens.
        least_privilege: whether the controller gets roles with just the rights that it needs, in place of cluster-admin.

    Raises:
        KubeError: the cluster refuses or cannot be reached.
        NotReady: applied, but something does not start; says what and why.
    """
    await _check_other_velero(cluster, namespace, tell)
    changed = 0
    for definition in await asyncio.gather(
        *(_apply(cluster, resources.CUSTOM_RESOURCE_DEFINITIONS, item) for item in manifests.definitions())
    ):
        changed += _told(definition, tell)
    await _established(cluster)
    served = await discovery.discover(cluster)
    wanted = manifests.objects(
        image=image,
        host=host,
        namespace=namespace,
        pods_path=pods_path,
        least_privilege=least_privilege,
        monitored=served.by_kind(*_MONITOR) is not None,
    )
    for item in wanted:
        if await _has_no_place(cluster, item, namespace):
            continue
        kind = served.by_kind(item["apiVersion"], item["kind"])
        if kind is None:
            msg = f"Cluster {cluster.name} does not serve {item['apiVersion']} {item['kind']}, which the toolkit needs. Is it Kubernetes 1.21 or newer?"
            raise NotReady(msg)
        changed += _told(await _apply(cluster, kind, item), tell)
    if least_privilege and await cluster.delete(resources.CLUSTER_ROLE_BINDINGS, ADMIN_BINDING):
        tell(f"ClusterRoleBinding {ADMIN_BINDING} deleted: the controller may no longer do everything")
        changed += 1
    await _wait(cluster, namespace, host=host, tell=tell)
    return changed


async def _has_no_place(cluster: Client, item: Object, namespace: str) -> bool:
    """Whether something is for a namespace that is not ours and that this cluster does not have."""
    place = item["metadata"].get("namespace")
    return place not in {None, namespace} and await cluster.find(resources.NAMESPACES, place) is None


async def _check_other_velero(cluster: Client, namespace: str, tell: Tell) -> None:
    found = await cluster.find(resources.DEPLOYMENTS, "velero", namespace=namespace)
    if found is None:
        return
    labels = found["metadata"].get("labels") or {}
    if labels.get("app.kubernetes.io/part-of") != "openshift-migration":
        msg = (
            f"Deployment {namespace}/velero on cluster {cluster.name} is not ours: real Velero or OADP runs there, and two engines on the same "
            "objects would disturb each other. Use that one, or remove it first."
        )
        raise NotReady(msg)
    tell(f"{cluster.name}: already installed, updating what differs")


async def _apply(cluster: Client, kind: resources.ResourceType, item: Object) -> tuple[Object, str]:
    meta = item["metadata"]
    before = await cluster.find(kind, meta["name"], namespace=meta.get("namespace"))
    after = await cluster.apply(kind, item, manager=_MANAGER)
    if before is None:
        return item, "created"
    return item, "unchanged" if before["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"] else "configured"


def _told(result: tuple[Object, str], tell: Tell) -> int:
    item, fate = result
    if fate == "unchanged":
        return 0
    tell(f"{item['kind']} {item['metadata']['name']} {fate}")
    return 1


async def _established(cluster: Client) -> None:
    wanted = {item["metadata"]["name"] for item in manifests.definitions()}

    def missing(objects: dict[str, Object]) -> list[str]:
        return sorted(name for name in wanted if not _has_condition(objects.get(f"/{name}"), "Established"))

    cache = watch.Cache(cluster, resources.CUSTOM_RESOURCE_DEFINITIONS)
    follower = asyncio.create_task(cache.run())
    try:
        if not await cache.wait(lambda: not missing(cache.objects), timeout_s=_DEFINITION_TIMEOUT_S):
            msg = f"Definitions {', '.join(missing(cache.objects))} did not become Established on cluster {cluster.name}. See their conditions."
            raise NotReady(msg)
    finally:
        follower.cancel()


def _has_condition(item: Object | None, kind: str) -> bool:
    conditions = ((item or {}).get("status") or {}).get("conditions") or []
    return any(condition["type"] == kind and condition["status"] == "True" for condition in conditions)


async def _wait(cluster: Client, namespace: str, *, host: bool, tell: Tell) -> None:
    deployments = ["velero", *(["migration-controller"] if host else [])]
    waits = [_rolled_out(cluster, resources.DEPLOYMENTS, name, namespace, tell) for name in deployments]
    waits.append(_rolled_out(cluster, resources.DAEMON_SETS, "node-agent", namespace, tell))
    async with asyncio.TaskGroup() as group:
        for wait in waits:
            group.create_task(wait)


async def _rolled_out(cluster: Client, kind: resources.ResourceType, name: str, namespace: str, tell: Tell) -> None:
    cache = watch.Cache(cluster, kind, namespace=namespace)
    follower = asyncio.create_task(cache.run())
    key = f"{namespace}/{name}"
    waited = 0.0
    try:
        while not await cache.wait(lambda: is_rolled_out(cache.objects.get(key)), timeout_s=_TELL_S):
            waited += _TELL_S
            why = await _why_not(cluster, name, namespace)
            if waited >= _READY_TIMEOUT_S:
                msg = f"{kind.kind} {key} on cluster {cluster.name} is not ready after {waited:.0f} s: {why}"
                raise NotReady(msg)
            tell(f"waiting for {kind.kind} {name} ({waited:.0f} s): {why}")
    finally:
        follower.cancel()
    tell(f"{kind.kind} {name} is ready")


def is_rolled_out(item: Object | None) -> bool:
    """Whether a Deployment or DaemonSet runs in its newest form, whole."""
    if item is None:
        return False
    status = item.get("status") or {}
    if status.get("observedGeneration", 0) < item["metadata"].get("generation", 0):
        return False
    if item["kind"] == "DaemonSet":
        wanted = status.get("desiredNumberScheduled", 0)
        return bool(wanted == status.get("updatedNumberScheduled", 0) == status.get("numberReady", 0) and wanted > 0)
    wanted = item["spec"].get("replicas", 1)
    return bool(wanted == status.get("updatedReplicas", 0) == status.get("readyReplicas", 0) == status.get("replicas", 0))


async def _why_not(cluster: Client, name: str, namespace: str) -> str:
    """What keeps the pods of a workload from being ready, in a sentence."""
    try:
        pods = [pod async for pod in cluster.iterate(resources.PODS, namespace=namespace) if pod["metadata"]["name"].startswith(f"{name}-")]
    except kube_errors.KubeError as error:
        return str(error)
    if not pods:
        return "it has no pods yet"
    return "; ".join(_pod_state(pod) for pod in pods)


def _pod_state(pod: client.Object) -> str:
    status, name = pod.get("status") or {}, pod["metadata"]["name"]
    for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        state = container.get("state") or {}
        for word in ("waiting", "terminated"):
            if state.get(word):
                return f"pod {name}: {state[word].get('reason')} {state[word].get('message') or ''}".strip()
    for condition in status.get("conditions") or []:
        if condition["status"] == "False" and condition.get("message"):
            return f"pod {name}: {condition.get('reason')}: {condition['message']}"
    return f"pod {name} is {status.get('phase', 'unknown')}"
