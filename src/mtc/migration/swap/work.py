"""Gives the workloads of the namespaces other claims. Each step looks before it acts, so it may be cut off anywhere and repeated."""

from dataclasses import dataclass, field

from mtc.api import names
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.migration import parallel
from mtc.migration.quiesce import kinds, owner
from mtc.migration.quiesce import work as quiesce
from mtc.migration.quiesce.workload import Patch, Workload, annotations
from mtc.migration.scope import Scope
from mtc.migration.swap import body, job, stateful_set, users
from mtc.migration.swap.claims import Names

#: Answers that another try will not change.
_FINAL = (errors.Invalid, errors.Forbidden, errors.BadRequest)
#: Steps that a StatefulSet takes, with one to spare for each that another program may have done meanwhile.
_STEPS = 10


@dataclass
class Report:
    """What came of it.

    Attributes:
        done: kind and name of what has got other claims in this pass.
        waiting: what is not there yet, one sentence each.
        problems: what could not be done, one sentence or two each.
    """

    done: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Task:
    scope: Scope
    replaced: Names
    back: bool
    report: Report

    def starting(self, workload: Workload, item: Object) -> list[Patch]:
        """The patches that start a workload again, where this plan has stopped it."""
        own = owner.is_of_run(item, self.scope) if self.scope.flags.is_canceled else owner.is_of_plan(item, self.scope)
        return quiesce.starting(workload)(item) if own else []


async def swap(scope: Scope, wanted: dict[str, Names], *, back: bool) -> Report:
    """Gives every workload that needs it other claims, and starts it where this plan has stopped it.

    Args:
        scope: the pass.
        wanted: by namespace, which claims take the place of which.
        back: whether a conversion is taken back.
    """
    report = Report()
    for namespace, replaced in wanted.items():
        task = _Task(scope, replaced, back, report)
        await _sets(task, namespace)
        rest = [
            (workload, item) for workload, item in await users.workloads(scope.source, namespace) if users.need(workload, item, replaced)
        ]
        await parallel.gather(_guarded(task, workload, item) for workload, item in rest if workload.kind != resources.STATEFUL_SETS)
    return report


async def label(scope: Scope, wanted: dict[str, Names], *, back: bool) -> None:
    """Marks the claims whose place was taken, so that later plans leave them alone; takes the mark off on the way back."""
    value = None if back else scope.plan.uid
    for namespace, replaced in wanted.items():
        chosen = {new.name for new in replaced.values()} if back else replaced.keys()
        found = await scope.source.list_all(resources.PERSISTENT_VOLUME_CLAIMS, namespace=namespace)
        unlike = [
            item["metadata"]["name"]
            for item in found
            if item["metadata"]["name"] in chosen and (item["metadata"].get("labels") or {}).get(names.SOURCE_FOR_DVM) != value
        ]
        change = {"metadata": {"labels": {names.SOURCE_FOR_DVM: value}}}
        await parallel.gather(scope.source.patch(resources.PERSISTENT_VOLUME_CLAIMS, name, change, namespace=namespace) for name in unlike)


async def _guarded(task: _Task, workload: Workload, item: Object) -> None:
    """One workload; what cannot be done is told, what may go better next time is raised."""
    [title] = quiesce.describe([item])
    try:
        if workload.kind == resources.JOBS:
            await _job(task, workload, item)
        else:
            await quiesce.change(
                task.scope.source, workload, item, lambda now: body.patches(workload, now, task.replaced, task.starting(workload, now))
            )
    except _FINAL as error:
        task.report.problems.append(f"The claims of {title} could not be replaced: {error}")
    else:
        task.report.done.append(title)


async def _job(task: _Task, workload: Workload, item: Object) -> None:
    cluster, meta = task.scope.source, item["metadata"]
    made = job.converted(item, task.replaced, task.starting(workload, item), back=task.back)
    name = made["metadata"]["name"]
    try:
        await cluster.create(resources.JOBS, made)
    except errors.AlreadyExists:
        # Made before an interruption, unless somebody else has taken the name.
        there = await cluster.find(resources.JOBS, name, namespace=meta["namespace"])
        if there is None or body.volumes(workload.template(there), task.replaced) is not None:
            task.report.problems.append(f"Job {meta['namespace']}/{name} is in the way: {meta['name']} is to be made anew under this name.")
            return
    await cluster.delete(resources.JOBS, meta["name"], namespace=meta["namespace"], uid=meta["uid"])


async def _sets(task: _Task, namespace: str) -> None:
    found = await task.scope.source.list_all(resources.STATEFUL_SETS, namespace=namespace)
    kept = {annotations(item).get(names.NAME_BEFORE, "") for item in found if stateful_set.is_temporary(item)}
    needing = {
        item["metadata"]["name"] for item in found if not stateful_set.is_temporary(item) and stateful_set.needs(item, task.replaced)
    }
    for name in sorted((kept | needing) - {""}):
        title = f"StatefulSet {namespace}/{name}"
        try:
            await _set(task, namespace, name)
        except _FINAL as error:
            task.report.problems.append(f"The claims of {title} could not be replaced: {error}")
        except errors.AlreadyExists:
            task.report.waiting.append(f"{title} is being made by somebody else")


async def _set(task: _Task, namespace: str, name: str) -> None:
    """Steps towards a set with other claims, until it is there or somebody else has to act first."""
    cluster, kind = task.scope.source, resources.STATEFUL_SETS
    for _ in range(_STEPS):
        item, kept = await parallel.gather(
            cluster.find(kind, wanted, namespace=namespace) for wanted in (name, stateful_set.temporary_name(name))
        )
        if kept and not (stateful_set.is_temporary(kept) and annotations(kept).get(names.NAME_BEFORE) == name):
            task.report.problems.append(
                f"StatefulSet {namespace}/{kept['metadata']['name']} is in the way: {name} is kept under this name."
            )
            return
        if any(entry and entry["metadata"].get("deletionTimestamp") for entry in (item, kept)):
            task.report.waiting.append(f"StatefulSet {namespace}/{name} is being deleted without its pods")
            return
        if not await _next(task, item, kept):
            task.report.done.append(f"StatefulSet {namespace}/{name}")
            return
    task.report.waiting.append(f"StatefulSet {namespace}/{name} is changed by somebody else at the same time")


async def _next(task: _Task, item: Object | None, kept: Object | None) -> bool:
    """The next step; False when there is none."""
    cluster, kind = task.scope.source, resources.STATEFUL_SETS
    if item is None and kept is None:
        return False
    if item is None and kept is not None:
        # On the way back it has to be changed once more, and must not run until then.
        mark = owner.mark(task.scope) if task.back else None
        await cluster.create(kind, stateful_set.successor(kept, stopped_by=mark))
        return True
    if item is not None and stateful_set.needs(item, task.replaced):
        made = stateful_set.converted(item, task.replaced, task.starting(kinds.STATEFUL_SET, item), back=task.back)
        if kept is None:
            await cluster.create(kind, stateful_set.temporary(made))
        elif not stateful_set.keeps(kept, made):
            await _delete(cluster, kept)
        else:
            # Without its pods and claims: they wait for the successor, which has the same name.
            meta = item["metadata"]
            await cluster.delete(kind, meta["name"], namespace=meta["namespace"], uid=meta["uid"], propagation="Orphan")
        return True
    if kept is not None:
        await _delete(cluster, kept)
        return True
    return False


async def _delete(cluster: Client, kept: Object) -> None:
    meta = kept["metadata"]
    await cluster.delete(resources.STATEFUL_SETS, meta["name"], namespace=meta["namespace"], uid=meta["uid"])
