"""Takes stage pods away: sleeping ones are deleted, pods of the application lose the marks."""

from collections.abc import Iterable

from mtc.api import names
from mtc.api.migration.migmigration import MigMigration
from mtc.api.migration.migplan import MigPlan
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.migration import listing, parallel, stale
from mtc.migration.outcome import Subject
from mtc.migration.scope import Scope

_ANY = f"{names.IS_STAGE_POD}={names.TRUE}"
_OWNER = MigMigration.KIND.singular
_MARKS = (names.IS_STAGE_POD, names.IS_APPLICATION_POD, names.INCLUDED_IN_STAGE_BACKUP, _OWNER, MigPlan.KIND.singular)


async def take_away(scope: Scope, *, only_own: bool) -> None:
    """Deletes stage pods in source and target.

    Args:
        scope: the pass.
        only_own: only the pods of this very migration; else those of other migrations that still run stay.
    """
    in_source, in_target = await _there(scope, only_own=only_own)
    await parallel.gather(_give_back(scope.source, pod) for pod in in_source)
    await parallel.gather(_delete(scope.target, pod) for pod in in_target if is_restored_or_sleeping(pod))


async def _there(scope: Scope, *, only_own: bool) -> tuple[list[Object], list[Object]]:
    """The stage pods in source and target that are meant."""
    selector = f"{_ANY},{_OWNER}={scope.uid}" if only_own else _ANY
    in_source = await remaining(scope.source, scope.source_namespaces, selector)
    in_target = await remaining(scope.target, scope.target_namespaces, selector)
    # After the pods: those of a migration that begins meanwhile are not taken for leftovers.
    spared = frozenset() if only_own else await stale.other_live_migrations(scope)
    kept = [[pod for pod in pods if _owner(pod) not in spared] for pods in (in_source, in_target)]
    return kept[0], kept[1]


async def _give_back(cluster: Client, pod: Object) -> None:
    if names.IS_APPLICATION_POD in pod["metadata"]["labels"]:
        await unmark(cluster, pod)
    else:
        await _delete(cluster, pod)


async def waiting_for(scope: Scope, *, only_own: bool) -> list[Subject]:
    """The stage pods that are still there."""
    left = []
    for cluster, pods in zip((scope.source, scope.target), await _there(scope, only_own=only_own), strict=True):
        for pod in pods:
            ended = (pod.get("status") or {}).get("phase") in {"Succeeded", "Failed", "Unknown"}
            if not ended and is_restored_or_sleeping(pod):
                left.append(Subject(cluster, pod, goes=True))
    return left


def describe(left: Iterable[Subject]) -> str:
    """Cluster and namespace/name of each."""
    return ", ".join(f"{pod.cluster.name}: {pod.item['metadata']['namespace']}/{pod.item['metadata']['name']}" for pod in left)


async def remaining(cluster: Client, namespaces: list[str], selector: str) -> list[Object]:
    """Pods of the namespaces that a selector matches."""
    return await listing.of_namespaces(cluster, resources.PODS, namespaces, label_selector=selector)


def is_restored_or_sleeping(pod: Object) -> bool:
    """Whether the pod is a stage pod and nothing else: made by us, or a copy that a restore made of an application's pod."""
    found = pod["metadata"].get("labels") or {}
    return names.IS_APPLICATION_POD not in found or names.RESTORE_NAME in found


def _owner(pod: Object) -> str:
    return str((pod["metadata"].get("labels") or {}).get(_OWNER, ""))


async def unmark(cluster: Client, pod: Object) -> None:
    """Takes the marks off a pod of the application."""
    gone = (names.EXCLUDE_PVCS, names.BACKUP_VOLUMES, names.VERIFY_VOLUMES)
    body: Object = {"metadata": {"labels": dict.fromkeys(_MARKS), "annotations": dict.fromkeys(gone)}}
    try:
        await cluster.patch(resources.PODS, pod["metadata"]["name"], body, namespace=pod["metadata"]["namespace"])
    except errors.NotFound:
        return


async def _delete(cluster: Client, pod: Object) -> None:
    meta = pod["metadata"]
    await cluster.delete(resources.PODS, meta["name"], namespace=meta["namespace"])
