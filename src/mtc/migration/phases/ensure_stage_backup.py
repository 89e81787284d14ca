"""EnsureStageBackup: makes the Backup of the volumes."""

from mtc.migration import source_namespaces, velero_crs
from mtc.migration.outcome import Done, Outcome, fail
from mtc.migration.phase import Phase
from mtc.migration.phases import annotate_resources
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Once."""
    if gone := await source_namespaces.missing(scope):
        return fail("NamespaceNotFound", gone)
    role = velero_crs.STAGE_BACKUP
    if await velero_crs.find(scope, role) is None:
        await velero_crs.ensure(scope, role, await velero_crs.stage_backup_spec(scope), velero_crs.quiesce_annotation(scope))
    return Done()


PHASE = Phase(
    name="EnsureStageBackup",
    step="StageBackup",
    description="Creating the stage Backup: the data of the volumes.",
    applies=annotate_resources.applies,
    run=run,
)
