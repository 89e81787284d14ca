"""Stops and starts the workloads of a selection."""

from collections.abc import Callable, Iterable

from mtc.api.migration.migplan import MigPlan
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.migration import parallel
from mtc.migration.quiesce import kinds, selection
from mtc.migration.quiesce.selection import Selection
from mtc.migration.quiesce.workload import Patch, Workload
from mtc.migration.scope import Scope

#: Controllers write the status of what we change at the same moment.
_TRIES = 8


async def source_selection(scope: Scope) -> Selection:
    """What is stopped in the source."""
    return selection.in_source(scope.plan, await _plans(scope))


async def target_selection(scope: Scope) -> Selection:
    """What is started in the target."""
    return selection.in_target(scope.plan, await _plans(scope))


async def _plans(scope: Scope) -> list[MigPlan]:
    # Plans live on the host cluster, whichever cluster is being stopped.
    return MigPlan.readable(await scope.host.list_all(resources.MIG_PLANS, namespace=scope.plan.namespace))


async def find(cluster: Client, workload: Workload, meant: Selection) -> list[Object]:
    """The objects of a kind that a selection means."""
    lists = await parallel.gather(cluster.list_all(workload.kind, namespace=name) for name in meant.namespaces)
    return [item for found in lists for item in found if meant.means(workload, item)]


async def stop(cluster: Client, meant: Selection) -> int:
    """Stops what runs; the number of objects that were changed. A kind is through before the next one begins."""
    changed = 0
    for workload in kinds.ALL:
        found = await find(cluster, workload, meant)
        changed += sum(await parallel.gather(_stop(cluster, workload, item) for item in found))
    return changed


async def start(cluster: Client, meant: Selection) -> int:
    """Starts again what we stopped; the number of objects that were changed."""
    changed = 0
    for workload in kinds.ALL:
        found = await find(cluster, workload, meant)
        changed += sum(await parallel.gather(_start(cluster, workload, item) for item in found))
    return changed


async def stopped(cluster: Client, meant: Selection) -> list[Object]:
    """The objects that carry our mark."""
    lists = await parallel.gather(find(cluster, workload, meant) for workload in kinds.ALL)
    pairs = zip(kinds.ALL, lists, strict=True)
    return [item for workload, found in pairs for item in found if workload.is_stopped(item)]


async def _stop(cluster: Client, workload: Workload, item: Object) -> bool:
    def patches(current: Object) -> list[Patch]:
        patch = workload.stop(current)
        return [patch] if patch else []

    return await _change(cluster, workload, item, patches)


async def _start(cluster: Client, workload: Workload, item: Object) -> bool:
    return await _change(cluster, workload, item, workload.start)


async def _change(cluster: Client, workload: Workload, item: Object, patches: Callable[[Object], list[Patch]]) -> bool:
    """Whether there was something to change. Patches are computed anew when the object was changed meanwhile."""
    meta = item["metadata"]
    for attempt in range(_TRIES):
        wanted = patches(item)
        if not wanted:
            return False
        try:
            for patch in wanted:
                item = await _send(cluster, workload, item, patch)
        except errors.NotFound:
            return False
        except errors.Conflict:
            if attempt == _TRIES - 1:
                raise
            item = await cluster.get(workload.kind, meta["name"], namespace=meta["namespace"])
        else:
            return True
    return False


async def _send(cluster: Client, workload: Workload, item: Object, patch: Patch) -> Object:
    """Sends a patch that only fits the object as it was read: what it remembers must be true."""
    meta = item["metadata"]
    body = {**patch, "metadata": {**patch.get("metadata", {}), "resourceVersion": meta["resourceVersion"]}}
    return await cluster.patch(workload.kind, meta["name"], body, namespace=meta["namespace"])


def describe(items: Iterable[Object]) -> list[str]:
    """Kind and namespace/name of objects."""
    return [f"{item['kind']} {item['metadata']['namespace']}/{item['metadata']['name']}" for item in items]
