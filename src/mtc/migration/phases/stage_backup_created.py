"""StageBackupCreated: waits for the Backup of the volumes."""

from dataclasses import replace

from mtc.migration import velero_crs, velero_waits
from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase
from mtc.migration.phases import annotate_resources
from mtc.migration.quiesce import standstill
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Until it has ended, and each copied volume is in it as it was when the application had been stopped."""
    outcome = await velero_waits.follow(scope, velero_waits.STAGE_BACKUP)
    if not isinstance(outcome, Done) or not scope.flags.quiesce:
        return outcome
    backup = await velero_crs.find(scope, velero_crs.STAGE_BACKUP)
    moved = await standstill.look(scope, since=backup["metadata"]["creationTimestamp"] if backup else "")
    if moved.started:
        return replace(standstill.broken(scope, moved.started), figures=outcome.figures)
    return replace(outcome, conditions=(*outcome.conditions, *standstill.told_also(scope, moved.unstoppable)))


PHASE = Phase(
    name="StageBackupCreated",
    step="StageBackup",
    description="Waiting for the stage Backup.",
    applies=annotate_resources.applies,
    run=run,
    light=True,
)
