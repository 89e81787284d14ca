"""EnsureSrcQuiesced: waits until the pods of what was stopped are gone."""

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.kube import resources
from mtc.migration import source_namespaces
from mtc.migration.outcome import Awaited, Done, Outcome, Stall, Subject, Wait, fail
from mtc.migration.phase import Phase
from mtc.migration.phases import quiesce_source_applications
from mtc.migration.quiesce import dangers, pods, rivals, standstill, work
from mtc.migration.quiesce.selection import Selection
from mtc.migration.scope import Scope

#: GitOps tools and operators look at least this often when one of their objects changes.
_CALM_S = 10.0
_WATCHING = "What had been started again was stopped once more; looking whether it stays so."


async def run(scope: Scope) -> Outcome:
    """Exactly the pods of what was stopped; others are told about when they use a copied volume."""
    if gone := await source_namespaces.missing(scope):
        return fail("NamespaceNotFound", gone)
    meant = await work.source_selection(scope)
    if started := await work.stop_again(scope, scope.source, meant):
        if dangerous := dangers.stall(started):
            return dangerous
        return _fought(scope, meant, ", ".join(map(rivals.describe, started)))
    if fought := _fights(scope):
        left_s = _CALM_S - rivals.stopped_for_s(await work.stopped(scope.source, meant), now=scope.now)
        if left_s > 0:
            # Whoever started it again may need a moment to do so once more.
            return Wait(for_=_pods(scope, meant), reason="Calming", message=_WATCHING, at_latest_s=left_s, conditions=fought)
    # Pods first: an owner that is looked up later is not missed.
    running = await pods.running(scope.source, meant.namespaces)
    middle = await pods.between(scope.source, meant.namespaces)
    standing = work.standing(await work.listed(scope.source, meant))
    left = pods.left_over(running, standing, middle)
    if not left:
        return Done(conditions=standstill.told(scope, pods.unstoppable(running, meant.claims, standing, middle)))
    names = work.describe(sorted(left, key=lambda pod: (pod["metadata"]["namespace"], pod["metadata"]["name"])))
    return Wait(
        for_=_pods(scope, meant),
        reason="PodsRunning",
        message=f"Pods of stopped workloads are still there on source cluster {scope.source.name}: {', '.join(names)}",
        objects=tuple(Subject(scope.source, pod, goes=True) for pod in left),
    )


def _pods(scope: Scope, meant: Selection) -> tuple[Awaited, ...]:
    return tuple(Awaited(scope.source, resources.PODS, name) for name in meant.namespaces)


def _fought(scope: Scope, meant: Selection, names: str) -> Stall:
    text = (
        f"Somebody has started again what this migration had stopped on source cluster {scope.source.name}: {names}. It has been stopped "
        f"once more. If that goes on, {rivals.ADVICE}."
    )
    return Stall(rivals.STARTED_AGAIN, text, for_=_pods(scope, meant))


def _fights(scope: Scope) -> tuple[Condition, ...]:
    """What was told about somebody who starts things again."""
    found = conditions.find(scope.migration.status.conditions, conditions.STALLED)
    return (found,) if found and found.is_true and found.reason == rivals.STARTED_AGAIN else ()


PHASE = Phase(
    name="EnsureSrcQuiesced",
    step="StageBackup",
    description="Waiting until the pods of the stopped workloads in the source namespaces are gone.",
    applies=quiesce_source_applications.applies,
    run=run,
    light=True,
)
