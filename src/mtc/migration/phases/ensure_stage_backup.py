"""EnsureStageBackup: makes the Backup of the volumes."""

from mtc.api import names
from mtc.migration import digests, source_namespaces, velero_crs
from mtc.migration.outcome import Done, Outcome, fail
from mtc.migration.phase import Phase
from mtc.migration.phases import annotate_resources
from mtc.migration.quiesce import standstill
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Once."""
    if gone := await source_namespaces.missing(scope):
        return fail("NamespaceNotFound", gone)
    role = velero_crs.STAGE_BACKUP
    if await velero_crs.find(scope, role) is None:
        spec = await velero_crs.stage_backup_spec(scope)
        notes = {names.PLAN_DIGEST: await digests.of_stage_backup(scope, spec)}
        if scope.flags.quiesce:
            notes[names.QUIESCED_STATE] = await digests.of_standstill(scope)
            # Whoever is started again only now does not fit the digest.
            if (moved := await standstill.look(scope)).started:
                return standstill.broken(scope, moved.started)
        await velero_crs.ensure(scope, role, spec, {**velero_crs.quiesce_annotation(scope), **notes})
    return Done()


PHASE = Phase(
    name="EnsureStageBackup",
    step="StageBackup",
    description="Creating the stage Backup: the data of the volumes.",
    applies=annotate_resources.applies,
    run=run,
)
