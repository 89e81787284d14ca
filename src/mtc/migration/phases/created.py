"""Created: the very first phase, whose name is empty as long as nothing has happened."""

from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase, always
from mtc.migration.scope import Scope


async def run(_: Scope) -> Outcome:
    """Nothing to do: the migration exists."""
    return Done()


PHASE = Phase(name="", step="Prepare", description="The migration exists and has not started yet.", applies=always, run=run)
