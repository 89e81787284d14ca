"""EnsureInitialBackupReplicated: waits until the target knows the Backup of the objects."""

from mtc.migration import replication, velero_crs
from mtc.migration.outcome import Outcome
from mtc.migration.phase import Phase, always
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Until it is visible there."""
    return await replication.follow(scope, velero_crs.INITIAL_BACKUP)


PHASE = Phase(
    name="EnsureInitialBackupReplicated",
    step="Restore",
    description="Waiting until the initial Backup is visible on the target cluster.",
    applies=always,
    run=run,
    light=True,
)
