"""Rollback: what the plan has migrated is going to be undone."""

from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase, always
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Nothing is changed yet."""
    scope.log.info("rollback begins", plan=str(scope.plan.ref))
    return Done()


PHASE = Phase(
    name="Rollback",
    step="CleanupVelero",
    description="The rollback has started.",
    applies=always,
    run=run,
)
