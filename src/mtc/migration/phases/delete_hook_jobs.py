"""DeleteHookJobs: deletes the Jobs of hooks, those that run included."""

from mtc.migration import hooks
from mtc.migration.flags import Flags
from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope


def applies(flags: Flags) -> bool:
    """Where the plan has hooks."""
    return bool(flags.hooks) and flags.undoes


async def run(scope: Scope) -> Outcome:
    """On both clusters."""
    await hooks.delete(scope)
    return Done()


PHASE = Phase(
    name="DeleteHookJobs",
    step="CleanupHelpers",
    description="Deleting the Jobs of the hooks.",
    applies=applies,
    run=run,
)
