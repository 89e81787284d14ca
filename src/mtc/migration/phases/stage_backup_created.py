"""StageBackupCreated: waits for the Backup of the volumes."""

from mtc.migration import velero_waits
from mtc.migration.outcome import Outcome
from mtc.migration.phase import Phase
from mtc.migration.phases import annotate_resources
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Until it has ended, and each copied volume is in it."""
    return await velero_waits.follow(scope, velero_waits.STAGE_BACKUP)


PHASE = Phase(
    name="StageBackupCreated",
    step="StageBackup",
    description="Waiting for the stage Backup.",
    applies=annotate_resources.applies,
    run=run,
)
