"""EnsureSrcQuiesced: waits until the pods of what was stopped are gone."""

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.kube import resources
from mtc.migration import source_namespaces
from mtc.migration.outcome import Awaited, Done, Outcome, Wait, fail
from mtc.migration.phase import Phase
from mtc.migration.phases import quiesce_source_applications
from mtc.migration.quiesce import pods, work
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Exactly the pods of what was stopped; others are told about when they use a copied volume."""
    if gone := await source_namespaces.missing(scope):
        return fail("NamespaceNotFound", gone)
    meant = await work.source_selection(scope)
    stopped = await work.stopped(scope.source, meant)
    # Pods first: an owner that is looked up later is not missed.
    running = await pods.running(scope.source, meant.namespaces)
    middle = await pods.between(scope.source, meant.namespaces)
    left = pods.left_over(running, stopped, middle)
    if not left:
        return Done(conditions=_told(scope, pods.unstoppable(running, meant.claims, stopped, middle)))
    names = work.describe(sorted(left, key=lambda pod: (pod["metadata"]["namespace"], pod["metadata"]["name"])))
    return Wait(
        for_=tuple(Awaited(scope.source, resources.PODS, name) for name in meant.namespaces),
        reason="PodsRunning",
        message=f"Pods of stopped workloads are still there on source cluster {scope.source.name}: {', '.join(names)}",
    )


def _told(scope: Scope, running: list[dict[str, object]]) -> tuple[Condition, ...]:
    if not running:
        return ()
    names = tuple(work.describe(running))
    text = conditions.with_items(
        f"Pods [] on source cluster {scope.source.name} use volumes that are copied, and no workload that can be stopped owns them. "
        f"What they write from now on may be missing in the target.",
        names,
    )
    return (Condition(type=conditions.PODS_NOT_QUIESCED, category=conditions.WARN, message=text, items=names, durable=True),)


PHASE = Phase(
    name="EnsureSrcQuiesced",
    step="StageBackup",
    description="Waiting until the pods of the stopped workloads in the source namespaces are gone.",
    applies=quiesce_source_applications.applies,
    run=run,
)
