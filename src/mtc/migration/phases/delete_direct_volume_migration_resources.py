"""DeleteDirectVolumeMigrationResources: ends direct copies of this migration, with the pods that do them."""

from mtc.api import names
from mtc.kube import resources
from mtc.migration import direct_volumes
from mtc.migration.direct import course
from mtc.migration.outcome import Awaited, Done, Outcome, Subject, Wait
from mtc.migration.phase import Phase
from mtc.migration.phases import create_direct_volume_migration_stage
from mtc.migration.scope import Scope

#: A cluster that does not answer keeps its part; the application must not wait for it.
_AT_MOST_S = 60.0


async def run(scope: Scope) -> Outcome:
    """What has come to its end stays to be read; where a migration is taken back, its data go, and so does what tells of them."""
    found = await direct_volumes.of_all_tries(scope)
    meant = [item for item in found if scope.flags.undoes or not course.is_over(item)]
    for item in meant:
        if not item["metadata"].get("deletionTimestamp"):
            await scope.host.delete(resources.DIRECT_VOLUME_MIGRATIONS, item["metadata"]["name"], namespace=item["metadata"]["namespace"])
    if not meant or scope.in_phase_s >= _AT_MOST_S:
        return Done()
    titles = ", ".join(map(direct_volumes.title, meant))
    own = f"{names.DIRECT_VOLUME}={scope.uid}"
    return Wait(
        for_=(Awaited(scope.host, resources.DIRECT_VOLUME_MIGRATIONS, scope.migration.namespace, own),),
        reason="Deleting",
        message=f"{titles} is being deleted, with the pods that copy.",
        objects=tuple(Subject(scope.host, item, goes=True) for item in meant),
    )


PHASE = Phase(
    name="DeleteDirectVolumeMigrationResources",
    step="CleanupHelpers",
    description="Ending direct copies of volumes.",
    applies=create_direct_volume_migration_stage.applies,
    run=run,
)
