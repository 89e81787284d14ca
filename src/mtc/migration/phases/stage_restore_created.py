"""StageRestoreCreated: waits for the Restore of the volumes, and has those compared that are filled meanwhile."""

from mtc.migration import velero_waits
from mtc.migration.outcome import Outcome, Wait
from mtc.migration.phase import Phase
from mtc.migration.phases import annotate_resources, volumes_proved
from mtc.migration.proof import verdict, volumes
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Until it has ended, and the data of each copied volume have arrived."""
    outcome = await velero_waits.follow(scope, velero_waits.STAGE_RESTORE)
    if isinstance(outcome, Wait) and volumes_proved.applies(scope.flags) and not verdict.skipped_because(scope):
        restore, *filled = (subject.item for subject in outcome.objects)
        await volumes.ask_filled(scope, restore, filled)
    return outcome


PHASE = Phase(
    name="StageRestoreCreated",
    step="StageRestore",
    description="Waiting for the stage Restore.",
    applies=annotate_resources.applies,
    run=run,
    light=True,
)
