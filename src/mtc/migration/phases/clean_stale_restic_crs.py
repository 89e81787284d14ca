"""CleanStaleResticCRs: deletes unfinished volume objects that earlier migrations left."""

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import stale
from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase, always
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """On both clusters."""
    deleted = await stale.delete_volume_objects(scope, scope.source)
    if scope.target is not scope.source:
        deleted += await stale.delete_volume_objects(scope, scope.target)
    if not deleted:
        return Done()
    text = f"{deleted} PodVolumeBackups and PodVolumeRestores that earlier migrations left unfinished were deleted."
    return Done(conditions=(Condition(type=conditions.STALE_RESTIC_CRS_DELETED, category=conditions.REQUIRED, message=text, durable=True),))


PHASE = Phase(
    name="CleanStaleResticCRs",
    step="Prepare",
    description="Deleting unfinished PodVolumeBackups and PodVolumeRestores of earlier migrations.",
    applies=always,
    run=run,
    light=True,
)
