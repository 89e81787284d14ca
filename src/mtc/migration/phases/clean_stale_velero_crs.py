"""CleanStaleVeleroCRs: deletes unfinished Backups and Restores that earlier migrations left."""

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import stale
from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase, always
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """On both clusters; where one was in progress, the engine has to forget it."""
    sides = [(conditions.STALE_SOURCE_VELERO_CRS_DELETED, scope.source)]
    if scope.target is not scope.source:
        sides.append((conditions.STALE_DESTINATION_VELERO_CRS_DELETED, scope.target))
    found: list[Condition] = []
    for kind, cluster in sides:
        backups, restores, busy = await stale.delete_backups_and_restores(scope, cluster)
        if busy:
            found.append(stale.condition(kind, cluster, backups=backups, restores=restores))
    return Done(conditions=tuple(found))


PHASE = Phase(
    name="CleanStaleVeleroCRs",
    step="Prepare",
    description="Deleting unfinished Backups and Restores of earlier migrations.",
    applies=always,
    run=run,
    light=True,
)
