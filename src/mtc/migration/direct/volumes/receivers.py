"""CreateRsyncTransferPods and the wait for them: a pod in each target namespace that has its volumes and lets the senders in."""

from collections.abc import Sequence
from datetime import timedelta

from mtc.api import conditions, names
from mtc.api.conditions import Condition
from mtc.kube import errors, resources
from mtc.kube.client import Object
from mtc.migration import checks, parallel
from mtc.migration import progress as words
from mtc.migration.direct.course import Outcome, Through, Waits
from mtc.migration.direct.volumes import endpoints, files, pods, security
from mtc.migration.direct.volumes.scope import Scope, selector
from mtc.migration.outcome import Awaited

#: As MTC tells it.
_LATE = timedelta(minutes=3)


async def renew(scope: Scope) -> Outcome:
    """As `wait`, after everything that somebody has taken away of the receiving side has been put back: ways in, keys and pods."""
    kind = await endpoints.kind_of(scope)
    for namespace in dict.fromkeys(scope.pairs.values()):
        await endpoints.make(scope, kind, namespace)
    await files.put(scope, await files.make_keys(scope), kind)
    await make(scope)
    return await wait(scope)


def not_made(cluster: str, refused: Sequence[str]) -> list[Condition]:
    """The condition about pods that a cluster does not admit; none where it admits them."""
    if not refused:
        return []
    text = (
        f"Pods of the copy cannot be made on cluster {cluster}: {' '.join(refused)} It is tried again every few seconds. Look at quotas, "
        "limits and admission policies of these namespaces."
    )
    return [checks.warn(conditions.FAILED_CREATING_RSYNC_PODS, conditions.FAILED_REASON, text)]


async def make(scope: Scope) -> Outcome:
    """Creates what is missing; a pod that was made with other files is made anew. What is refused is told by the wait."""
    await parallel.gather(_make(scope, namespace) for namespace in dict.fromkeys(scope.pairs.values()))
    return Through()


async def _make(scope: Scope, namespace: str) -> str:
    """Why the cluster does not admit the pod; "" where it is there."""
    version = await files.version(scope, namespace)
    there = await scope.target.find(resources.PODS, pods.SERVER_NAME, namespace=namespace)
    if there is not None and not _is_current(there, scope, version):
        await scope.target.delete(resources.PODS, pods.SERVER_NAME, namespace=namespace, uid=there["metadata"]["uid"])
        there = await scope.target.find(resources.PODS, pods.SERVER_NAME, namespace=namespace)
    if there is not None:
        return ""
    home, limits = await parallel.both(
        scope.target.get(resources.NAMESPACES, namespace), scope.target.list_all(resources.LIMIT_RANGES, namespace=namespace)
    )
    rights = security.rights(
        home["metadata"].get("labels") or {}, scope.of_target, scope.asked, groups=scope.settings.target_supplemental_groups
    )
    body = pods.receiver(scope, namespace, image=scope.image_of_target, rights=rights, limit_ranges=limits, files_version=version)
    try:
        await scope.target.create(resources.PODS, body)
    except errors.AlreadyExists:
        return ""
    except (errors.Forbidden, errors.Invalid, errors.BadRequest) as error:
        return f"{namespace}/{pods.SERVER_NAME}: {error}"
    return ""


def _is_current(pod: Object, scope: Scope, version: str) -> bool:
    meta = pod["metadata"]
    ended = (pod.get("status") or {}).get("phase") in {"Failed", "Succeeded"}
    return (
        not ended
        and not meta.get("deletionTimestamp")
        and (meta.get("labels") or {}).get("directvolumemigration") == scope.uid
        and (meta.get("annotations") or {}).get(names.FILES_VERSION) == version
    )


async def wait(scope: Scope) -> Outcome:
    """Until all of them let senders in."""
    found = await scope.target.list_all(resources.PODS, label_selector=selector(scope.uid, role=pods.SERVER))
    ready = {pod["metadata"]["namespace"] for pod in found if _is_ready(pod)}
    missing = [name for name in dict.fromkeys(scope.pairs.values()) if name not in ready]
    if not missing:
        return Through()
    refused = [text for text in await parallel.gather(_make(scope, name) for name in missing) if text]
    late = [pod for pod in found if not _is_ready(pod) and _age(pod, scope) > _LATE]
    staged = []
    if late:
        looks = "; ".join(f"`oc describe pod {pod['metadata']['name']} -n {pod['metadata']['namespace']}`" for pod in late)
        text = (
            f"Pods [] on target cluster {scope.target.name}, which receive the files, do not run after {int(_LATE.total_seconds() // 60)} "
            f"minutes: {looks} tells why. Claims that are not bound and images that cannot be pulled are the usual cause."
        )
        items = [f"{pod['metadata']['namespace']}/{pod['metadata']['name']}" for pod in late]
        staged.append(checks.warn(conditions.RSYNC_TRANSFER_PODS_PENDING, conditions.NOT_READY, text, items=items))
    staged += not_made(scope.target.name, refused)
    return Waits(for_=(Awaited(scope.target, resources.PODS, None, selector(scope.uid, role=pods.SERVER)),), conditions=staged)


def _age(pod: Object, scope: Scope) -> timedelta:
    begun = words.parse_time(pod["metadata"].get("creationTimestamp"))
    return scope.now - begun if begun else timedelta()


def _is_ready(pod: Object) -> bool:
    status = pod.get("status") or {}
    ready = any(entry["type"] == "Ready" and entry["status"] == "True" for entry in status.get("conditions") or [])
    return ready and not pod["metadata"].get("deletionTimestamp")
