"""WaitForStaleStagePodsTerminated: waits until the stage pods of earlier migrations are gone."""

from mtc.api import names
from mtc.kube import resources
from mtc.migration.outcome import Awaited, Done, Outcome, Wait
from mtc.migration.phase import Phase, always
from mtc.migration.scope import Scope
from mtc.migration.stage_pods import gone


async def run(scope: Scope) -> Outcome:
    """On both clusters."""
    left = await gone.waiting_for(scope, only_own=False)
    if not left:
        return Done()
    label = f"{names.IS_STAGE_POD}={names.TRUE}"
    return Wait(
        for_=(Awaited(scope.source, resources.PODS, None, label), Awaited(scope.target, resources.PODS, None, label)),
        reason="StagePodsTerminating",
        message=f"Stage pods of earlier migrations are still ending: {gone.describe(left)}",
        objects=tuple(left),
    )


PHASE = Phase(
    name="WaitForStaleStagePodsTerminated",
    step="Prepare",
    description="Waiting until stage pods of earlier migrations are gone.",
    applies=always,
    run=run,
    light=True,
)
