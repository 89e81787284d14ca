"""DeleteMigrated: deletes in the target what was migrated, and nothing else."""

from mtc.kube import resources
from mtc.migration import migrated, owned_claims, undoing
from mtc.migration.outcome import Awaited, Done, Outcome, Wait, fail
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """What carries the label of the plan, or of this migration when it was canceled. Namespaces stay."""
    found = await migrated.find(scope)
    if owned := await owned_claims.release(scope, found):
        text = (
            f"StatefulSets that are to be deleted on cluster {scope.target.name} would take PersistentVolumeClaims {', '.join(owned)} along, which "
            "are not. Waiting until they have let go of them."
        )
        claims = tuple(Awaited(scope.target, resources.PERSISTENT_VOLUME_CLAIMS, name) for name in dict.fromkeys(scope.target_namespaces))
        return Wait(for_=claims, reason="ClaimsOwned", message=text, at_latest_s=1.0)
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
