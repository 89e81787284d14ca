"""CreateDirectImageMigration: starts copying images from the registry of the source to that of the target."""

from mtc.migration.direct.images import of_migration
from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Once for each try; images travel while everything else goes on."""
    await of_migration.ensure(scope)
    return Done()


PHASE = Phase(
    name="CreateDirectImageMigration",
    step="StageBackup",
    description="Starting the direct migration of images.",
    applies=lambda flags: flags.copies_images_directly,
    run=run,
    light=True,
)
