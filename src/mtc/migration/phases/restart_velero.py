"""RestartVelero: makes an engine forget Backups and Restores that were deleted under it."""

from mtc.api import conditions, names
from mtc.migration import stale
from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase, always
from mtc.migration.scope import Scope

_PODS = f"app.kubernetes.io/instance={names.VELERO_NAME}"


async def run(scope: Scope) -> Outcome:
    """Deletes its running pods, where the condition asks for it."""
    known = scope.migration.status.conditions
    if conditions.has(known, conditions.STALE_SOURCE_VELERO_CRS_DELETED):
        await stale.restart(scope, scope.source, _PODS)
    if conditions.has(known, conditions.STALE_DESTINATION_VELERO_CRS_DELETED):
        await stale.restart(scope, scope.target, _PODS)
    return Done()


PHASE = Phase(
    name="RestartVelero",
    step="Prepare",
    description="Restarting the engine where unfinished Backups or Restores were deleted.",
    applies=always,
    run=run,
    light=True,
)
