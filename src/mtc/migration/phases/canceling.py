"""Canceling: somebody has set `spec.canceled`."""

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase, always
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """From here on the migration only undoes, even when `spec.canceled` is taken back."""
    text = f"MigMigration {scope.migration.ref} is being canceled: what it has begun is cleared away."
    return Done(
        conditions=(
            Condition(type=conditions.CANCELING, category=conditions.ADVISORY, reason=conditions.CANCEL, message=text, durable=True),
        )
    )


PHASE = Phase(
    name="Canceling",
    step="CleanupVelero",
    description="Canceling the migration.",
    applies=always,
    run=run,
)
