"""FinalRestoreCreated: waits for the Restore of the objects."""

from mtc.migration import velero_waits
from mtc.migration.outcome import Outcome
from mtc.migration.phase import Phase, always
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Until it has ended."""
    return await velero_waits.follow(scope, velero_waits.FINAL_RESTORE)


PHASE = Phase(
    name="FinalRestoreCreated",
    step="Restore",
    description="Waiting for the final Restore.",
    applies=always,
    run=run,
    light=True,
)
