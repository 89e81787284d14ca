"""EnsureFinalRestore: makes the Restore of the objects."""

from mtc.migration import images, lost_claims, velero_crs
from mtc.migration.outcome import Done, Outcome, fail
from mtc.migration.phase import Phase, always
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Once, and not for volumes that are gone again."""
    role = velero_crs.FINAL_RESTORE
    if await velero_crs.find(scope, role) is not None:
        return Done()
    if lost := await lost_claims.failure(scope):
        return lost
    backup = await velero_crs.find(scope, velero_crs.INITIAL_BACKUP)
    if backup is None:
        return fail(
            "FinalRestoreFailed", f"The initial Backup of this migration was deleted from cluster {scope.source.name}. Start another one."
        )
    extra = {**velero_crs.quiesce_annotation(scope), **await images.hosts(scope)}
    await velero_crs.ensure(scope, role, velero_crs.restore_spec(scope, backup), extra)
    return Done()


PHASE = Phase(
    name="EnsureFinalRestore",
    step="Restore",
    description="Creating the final Restore: the Kubernetes objects.",
    applies=always,
    run=run,
)
