"""CreateDirectVolumeMigrationFinal: as that of a stage migration, once the application has stopped."""

from mtc.migration.phase import Phase
from mtc.migration.phases import create_direct_volume_migration_stage

PHASE = Phase(
    name="CreateDirectVolumeMigrationFinal",
    step="StageBackup",
    description="Creating the direct copy of the volumes.",
    applies=create_direct_volume_migration_stage.applies,
    run=create_direct_volume_migration_stage.run,
)
