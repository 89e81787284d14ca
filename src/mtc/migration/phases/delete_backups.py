"""DeleteBackups: has the engine of the source delete the Backups with their data, unless they or what came of them are the last copies."""

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import last_copies, undoing
from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """The target's copies of them go when it reads the bucket again. A rollback has looked for last copies before, and failed."""
    if scope.flags.is_canceled and (copies := await last_copies.find(scope)):
        text = (
            f"{copies.tell(scope)}: these are the last copies. So no Backup is deleted, nor anything that was made on the target, and what was "
            f"stopped on the source stays so, because it would begin with empty volumes. {copies.advise()}; then roll the plan back."
        )
        kept = Condition(type=conditions.LAST_COPIES_KEPT, category=conditions.WARN, reason=conditions.CANCEL, message=text, durable=True)
        return Done(conditions=(kept,))
    return await undoing.delete_backups(scope)


PHASE = Phase(
    name="DeleteBackups",
    step="CleanupVelero",
    description="Deleting the Backups of the migration.",
    applies=lambda flags: flags.gives_back,
    run=run,
)
