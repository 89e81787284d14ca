"""CleanStaleStagePods: deletes stage pods that earlier migrations left."""

from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase, always
from mtc.migration.scope import Scope
from mtc.migration.stage_pods import gone


async def run(scope: Scope) -> Outcome:
    """On both clusters, except those of migrations that still run."""
    await gone.take_away(scope, only_own=False)
    return Done()


PHASE = Phase(
    name="CleanStaleStagePods",
    step="Prepare",
    description="Deleting stage pods of earlier migrations.",
    applies=always,
    run=run,
    light=True,
)
