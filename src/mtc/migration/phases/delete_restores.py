"""DeleteRestores: deletes the Restores that are to be undone, so that nothing more is made in the target."""

from mtc.migration import undoing
from mtc.migration.outcome import Outcome
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """In the target."""
    return await undoing.delete_restores(scope)


PHASE = Phase(
    name="DeleteRestores",
    step="CleanupVelero",
    description="Deleting the Restores of the migration.",
    applies=lambda flags: flags.undoes,
    run=run,
)
