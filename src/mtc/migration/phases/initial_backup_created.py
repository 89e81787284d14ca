"""InitialBackupCreated: waits for the Backup of the objects."""

from mtc.migration import velero_waits
from mtc.migration.outcome import Outcome
from mtc.migration.phase import Phase, always
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Until it has ended."""
    return await velero_waits.follow(scope, velero_waits.INITIAL_BACKUP)


PHASE = Phase(
    name="InitialBackupCreated",
    step="Backup",
    description="Waiting for the initial Backup.",
    applies=always,
    run=run,
    light=True,
)
