"""StageRestoreCreated: waits for the Restore of the volumes."""

from mtc.migration import velero_waits
from mtc.migration.outcome import Outcome
from mtc.migration.phase import Phase
from mtc.migration.phases import annotate_resources
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Until it has ended, and the data of each copied volume have arrived."""
    return await velero_waits.follow(scope, velero_waits.STAGE_RESTORE)


PHASE = Phase(
    name="StageRestoreCreated",
    step="StageRestore",
    description="Waiting for the stage Restore.",
    applies=annotate_resources.applies,
    run=run,
    light=True,
)
