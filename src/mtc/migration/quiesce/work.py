"""Stops and starts the workloads of a selection."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from mtc.api.migration.migplan import MigPlan
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.migration import listing, parallel
from mtc.migration.quiesce import kinds, owner, retention, rivals, selection
from mtc.migration.quiesce.selection import Selection
from mtc.migration.quiesce.workload import Patch, Workload
from mtc.migration.scope import Scope

#: Controllers write the status of what we change at the same moment.
_TRIES = 8


async def source_selection(scope: Scope) -> Selection:
    """What is stopped in the source; where storage is converted, only what uses it."""
    return _of_run(scope, selection.in_source(scope.plan, await _plans(scope)))


async def target_selection(scope: Scope) -> Selection:
    """What is started in the target."""
    return _of_run(scope, selection.in_target(scope.plan, await _plans(scope)))


def _of_run(scope: Scope, meant: Selection) -> Selection:
    return meant.only_users() if scope.flags.converts else meant


async def _plans(scope: Scope) -> list[MigPlan]:
    # Plans live on the host cluster, whichever cluster is being stopped.
    return MigPlan.readable(await scope.host.list_all(resources.MIG_PLANS, namespace=scope.plan.namespace))


async def find(cluster: Client, workload: Workload, meant: Selection) -> list[Object]:
    """The objects of a kind that a selection means."""
    found = await listing.of_namespaces(cluster, workload.kind, meant.namespaces)
    return [item for item in found if meant.means(workload, item)]


async def stop(scope: Scope) -> int:
    """Stops what runs in the source; the number of objects that were changed.

    What this migration has stopped before and somebody has started again keeps what is remembered of it.
    """
    return await stop_in(scope, scope.source, await source_selection(scope))


async def stop_in(scope: Scope, cluster: Client, meant: Selection) -> int:
    """As `stop`, for what a selection means in a cluster."""
    return await _change_all(cluster, meant, lambda workload: _stopping(scope, workload))


async def _change_all(
    cluster: Client,
    meant: Selection,
    patches: Callable[[Workload], Callable[[Object], list[Patch]]],
    wanted: Callable[[Workload, Object], bool] = lambda *_: True,
) -> int:
    """Changes what a selection means, as far as it is wanted, wave by wave; the number of objects that were changed."""
    changed = 0
    for wave in kinds.WAVES:
        found = [(workload, item) for workload, item in await listed(cluster, meant, wave) if wanted(workload, item)]
        done = await parallel.gather(change(cluster, workload, item, patches(workload)) for workload, item in found)
        # A ReplicaSet that only loses what its Deployment has copied to it was neither stopped nor started by us.
        changed += sum(one and not workload.is_kept(item) for one, (workload, item) in zip(done, found, strict=True))
    return changed


async def stop_again(scope: Scope, cluster: Client, meant: Selection) -> list[Object]:
    """Stops what runs although it was stopped; the objects as they were before.

    Our marks do not count: whoever writes a whole object anew takes them away. What would delete its claims then is among them, and runs on.
    """
    running = [(workload, item) for workload, item in await listed(cluster, meant) if workload.stop(item) is not None]
    harmless = [(workload, item) for workload, item in running if not retention.when_scaled(item)]
    await parallel.gather(change(cluster, workload, item, _stopping(scope, workload)) for workload, item in harmless)
    return [item for _, item in running]


async def start(cluster: Client, meant: Selection, *, wanted: Callable[[Workload, Object], bool] = lambda *_: True) -> int:
    """Starts again what we stopped, as far as it is wanted; the number of objects that were changed."""
    return await _change_all(cluster, meant, starting, wanted)


async def start_source(scope: Scope) -> int:
    """Starts in the source what is to be undone: what this run has stopped, or in a rollback any run of the plan.

    A workload that says who stopped it is meant whoever shares its namespace by now; one that does not (stopped by MTC, or long ago)
    is meant when a rollback would stop it today.
    """
    meant = await source_selection(scope)

    def wanted(workload: Workload, item: Object) -> bool:
        return _is_of_plan(scope, meant, workload, item) if scope.flags.is_rollback else owner.is_of_run(item, scope)

    return await start(scope.source, replace(meant, shared=frozenset()), wanted=wanted)


async def stopped(cluster: Client, meant: Selection) -> list[Object]:
    """The objects that carry our mark."""
    return [item for workload, item in await listed(cluster, meant) if workload.is_stopped(item)]


def standing(found: Iterable[tuple[Workload, Object]]) -> list[Object]:
    """The objects whose pods must be gone: all that were listed, whoever stopped them, but those that others keep as they are."""
    return [item for workload, item in found if not workload.is_kept(item)]


async def stopped_by_plan(scope: Scope) -> list[Object]:
    """What stands still in the source because some run of this plan stopped it."""
    meant = await source_selection(scope)
    found = await listed(scope.source, replace(meant, shared=frozenset()))
    return [item for workload, item in found if workload.is_stopped(item) and _is_of_plan(scope, meant, workload, item)]


def _is_of_plan(scope: Scope, meant: Selection, workload: Workload, item: Object) -> bool:
    return owner.is_of_plan(item, scope) or (owner.is_unknown(item) and meant.means(workload, item))


async def everything(cluster: Client, meant: Selection) -> list[Object]:
    """The objects that a selection means, stopped or not."""
    return [item for _, item in await listed(cluster, meant)]


async def listed(cluster: Client, meant: Selection, workloads: Sequence[Workload] = kinds.STOPPED) -> list[tuple[Workload, Object]]:
    """As `everything`, each with its kind."""
    lists = await parallel.gather(find(cluster, workload, meant) for workload in workloads)
    return [(workload, item) for workload, found in zip(workloads, lists, strict=True) for item in found]


def _stopping(scope: Scope, workload: Workload) -> Callable[[Object], list[Patch]]:
    def patches(current: Object) -> list[Patch]:
        patch = workload.stop(current)
        if patch is None:
            return []
        if owner.is_of_run(current, scope) and rivals.is_started_again(workload, current):
            return [{"spec": patch["spec"]}]
        patch["metadata"]["annotations"] |= owner.mark(scope)
        return [patch]

    return patches


def starting(workload: Workload) -> Callable[[Object], list[Patch]]:
    """The patches that start an object of a kind again, the mark of who stopped it included."""

    def patches(current: Object) -> list[Patch]:
        found = workload.start(current)
        if found:
            found[-1]["metadata"]["annotations"] |= owner.UNMARK
        return found

    return patches


async def change(cluster: Client, workload: Workload, item: Object, patches: Callable[[Object], list[Patch]]) -> bool:
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
    """Kind and namespace/name of objects, each once: some clusters serve one CronJob under two versions."""
    return list(dict.fromkeys(f"{item['kind']} {item['metadata']['namespace']}/{item['metadata']['name']}" for item in items))
