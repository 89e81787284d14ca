"""CreateRegistries: makes the registries through which images travel."""

from mtc.migration.flags import Flags
from mtc.migration.migration_registry import work
from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope


def applies(flags: Flags) -> bool:
    """Where images travel through the replication repository."""
    return flags.copies_images


async def run(scope: Scope) -> Outcome:
    """On both clusters."""
    await work.ensure(scope)
    return Done()


PHASE = Phase(
    name="CreateRegistries",
    step="Prepare",
    description="Creating the migration registries on both clusters.",
    applies=applies,
    run=run,
)
