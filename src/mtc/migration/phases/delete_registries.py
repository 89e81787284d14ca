"""DeleteRegistries: removes the registries through which images travelled, those of an earlier migration of the plan included."""

from mtc.migration.flags import Flags
from mtc.migration.migration_registry import health, work
from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope


def applies(flags: Flags) -> bool:
    """Wherever there may be any, whether or not there are images still."""
    return flags.may_have_registries


async def run(scope: Scope) -> Outcome:
    """On both clusters. What they have stored stays in the bucket: the next migration sends only what is new."""
    await work.delete(scope)
    return Done(removed=health.BOTH)


PHASE = Phase(
    name="DeleteRegistries",
    step="Cleanup",
    description="Deleting the migration registries on both clusters.",
    applies=applies,
    run=run,
)
