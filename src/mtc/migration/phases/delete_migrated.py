"""DeleteMigrated: deletes in the target what was migrated, and nothing else."""

from mtc.migration import migrated, undoing
from mtc.migration.outcome import Done, Outcome, fail
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """What carries the label of the plan, or of this migration when it was canceled. Namespaces stay."""
    found = await migrated.find(scope)
    refused = await migrated.delete(scope, found)
    if refused and scope.flags.is_rollback:
        return fail("DeleteMigratedFailed", [*refused, *found.unseen])
    return Done(conditions=undoing.told(scope, [*refused, *found.unseen]))


PHASE = Phase(
    name="DeleteMigrated",
    step="CleanupMigrated",
    description="Deleting the migrated objects in the target.",
    applies=lambda flags: flags.gives_back,
    run=run,
)
