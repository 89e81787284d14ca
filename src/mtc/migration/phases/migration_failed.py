"""MigrationFailed: tells what the failure leaves behind, before helpers are cleaned up."""

from mtc.migration import remains
from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase, always
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Nothing is started or deleted here: that is what a person decides with a rollback."""
    return Done(errors=tuple(await remains.describe(scope)))


PHASE = Phase(
    name="MigrationFailed",
    step="CleanupHelpers",
    description="The migration has failed; looking at what it leaves behind.",
    applies=always,
    run=run,
)
