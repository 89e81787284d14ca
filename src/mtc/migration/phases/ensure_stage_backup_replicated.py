"""EnsureStageBackupReplicated: waits until the target knows the Backup of the volumes."""

from mtc.migration import replication, velero_crs
from mtc.migration.outcome import Outcome
from mtc.migration.phase import Phase
from mtc.migration.phases import annotate_resources
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Until it is visible there."""
    return await replication.follow(scope, velero_crs.STAGE_BACKUP)


PHASE = Phase(
    name="EnsureStageBackupReplicated",
    step="StageBackup",
    description="Waiting until the stage Backup is visible on the target cluster.",
    applies=annotate_resources.applies,
    run=run,
    light=True,
)
