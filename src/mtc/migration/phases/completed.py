"""Completed: nothing more happens."""

from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase, always
from mtc.migration.scope import COMPLETED, Scope


async def run(_: Scope) -> Outcome:
    """Never called by the runner, which leaves a completed migration alone."""
    return Done()


PHASE = Phase(name=COMPLETED, step="Cleanup", description="The migration is over.", applies=always, run=run)
