"""Canceled: nothing of the migration is left but its record."""

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase, always
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Says so for good."""
    undone = "What it had begun has been cleared away; status.errors and CleanupIncomplete say what could not be."
    if scope.migration.is_dry_run:
        undone = "It was a dry run, and has changed nothing."
    elif scope.flags.keeps_copies:
        undone = "The copies that it has made were kept: LastCopiesKept says why, and what to do."
    elif scope.flags.is_rollback:
        undone = "A rollback is not undone: what it has deleted is gone, the rest is still there. Another rollback completes it."
    text = f"MigMigration {scope.migration.ref} was canceled. {undone}"
    return Done(
        conditions=(
            Condition(type=conditions.CANCELED, category=conditions.ADVISORY, reason=conditions.CANCEL, message=text, durable=True),
        ),
        removed=frozenset({conditions.CANCELING}),
    )


PHASE = Phase(name="Canceled", step="Cleanup", description="The migration was canceled.", applies=always, run=run)
