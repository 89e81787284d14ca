"""EnsureStagePodsTerminated: waits until the stage pods of this migration are gone."""

from mtc.api import conditions, names
from mtc.kube import resources
from mtc.migration.outcome import Awaited, Done, Outcome, Wait
from mtc.migration.phase import Phase
from mtc.migration.phases import ensure_stage_pods_deleted
from mtc.migration.scope import Scope
from mtc.migration.stage_pods import gone


async def run(scope: Scope) -> Outcome:
    """On both clusters."""
    left = await gone.waiting_for(scope, only_own=True)
    if not left:
        return Done(removed=frozenset({conditions.STAGE_PODS_CREATED}))
    label = f"{names.IS_STAGE_POD}={names.TRUE}"
    return Wait(
        for_=(Awaited(scope.source, resources.PODS, None, label), Awaited(scope.target, resources.PODS, None, label)),
        reason="StagePodsTerminating",
        message=f"Stage pods are still ending: {gone.describe(left)}",
        objects=tuple(left),
    )


PHASE = Phase(
    name="EnsureStagePodsTerminated",
    step="StageRestore",
    description="Waiting until the stage pods are gone.",
    applies=ensure_stage_pods_deleted.applies,
    run=run,
    light=True,
)
