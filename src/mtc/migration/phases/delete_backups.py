"""DeleteBackups: deletes the Backups that are to be undone, with their data in the bucket."""

from mtc.migration import undoing
from mtc.migration.outcome import Outcome
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """In the source; the target's copies of them go when it reads the bucket again."""
    return await undoing.delete_backups(scope)


PHASE = Phase(
    name="DeleteBackups",
    step="CleanupVelero",
    description="Deleting the Backups of the migration.",
    applies=lambda flags: flags.undoes,
    run=run,
)
