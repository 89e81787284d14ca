"""EnsureStagePodsDeleted: deletes the stage pods of this migration."""

from mtc.migration.flags import Flags
from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope
from mtc.migration.stage_pods import gone


def applies(flags: Flags) -> bool:
    """Wherever some may exist: the condition is lost when the process ends between a pod's creation and the status."""
    return flags.has_stage_pods or flags.copies_indirectly


async def run(scope: Scope) -> Outcome:
    """On both clusters; pods of the application only lose the marks. A rollback clears away after all migrations of the plan."""
    await gone.take_away(scope, only_own=not scope.flags.is_rollback)
    return Done()


PHASE = Phase(
    name="EnsureStagePodsDeleted",
    step="StageRestore",
    description="Deleting the stage pods.",
    applies=applies,
    run=run,
)
