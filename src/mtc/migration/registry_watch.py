"""Looks after the migration registries while images may travel: between the steps that wait for them and for the stage Restore."""

from mtc.api.migration.migmigration import MigMigrationStatus
from mtc.migration import itineraries
from mtc.migration.migration_registry import health, work
from mtc.migration.migration_registry.health import Sick
from mtc.migration.phase import Phase
from mtc.migration.phases import stage_restore_created, wait_for_registries_ready
from mtc.migration.scope import Scope

_FORWARD = (itineraries.STAGE, itineraries.FINAL)


async def look_again(scope: Scope, entered: MigMigrationStatus, phase: Phase) -> tuple[MigMigrationStatus, list[Sick]]:
    """The status with the condition that holds now, and the registries that do not work; what somebody deleted of them is made anew.

    Whoever clears away is not held up by them, and what comes after the images have arrived neither.

    Raises:
        KubeError: a cluster failed.
        RegistryMissing: there is no way to make one.
    """
    if not health.is_watched(entered) or not _may_travel(entered, phase):
        return entered, []
    if not (sick := await health.look(scope)):
        return health.shown(entered, scope, health.healthy(scope)), []
    await work.ensure(scope)
    return health.shown(entered, scope, health.unhealthy(sick)), sick


def _may_travel(entered: MigMigrationStatus, phase: Phase) -> bool:
    for itinerary in _FORWARD:
        if entered.itinerary == itinerary.name:
            first, last = wait_for_registries_ready.PHASE, stage_restore_created.PHASE
            return itinerary.position(first) < itinerary.position(phase) <= itinerary.position(last)
    return False
