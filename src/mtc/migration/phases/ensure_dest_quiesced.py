"""EnsureDestQuiesced: waits until the pods of what was stopped in the target are gone."""

from mtc.kube import resources
from mtc.migration.outcome import Awaited, Done, Outcome, Wait
from mtc.migration.phase import Phase
from mtc.migration.phases import quiesce_destination_applications
from mtc.migration.quiesce import dangers, pods, work
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """What somebody has started again meanwhile is stopped once more."""
    meant = await work.target_selection(scope)
    if dangerous := dangers.stall(await work.stop_again(scope, scope.target, meant)):
        return dangerous
    stopped = work.standing(await work.listed(scope.target, meant))
    # Pods first: an owner that is looked up later is not missed.
    running = await pods.running(scope.target, meant.namespaces)
    left = pods.left_over(running, stopped, await pods.between(scope.target, meant.namespaces))
    if not left:
        return Done()
    names = work.describe(sorted(left, key=lambda pod: (pod["metadata"]["namespace"], pod["metadata"]["name"])))
    return Wait(
        for_=tuple(Awaited(scope.target, resources.PODS, name) for name in meant.namespaces),
        reason="PodsRunning",
        message=f"Pods of stopped workloads are still there on target cluster {scope.target.name}: {', '.join(names)}",
    )


PHASE = Phase(
    name="EnsureDestQuiesced",
    step="CleanupMigrated",
    description="Waiting until the pods of the stopped workloads in the target namespaces are gone.",
    applies=quiesce_destination_applications.applies,
    run=run,
)
