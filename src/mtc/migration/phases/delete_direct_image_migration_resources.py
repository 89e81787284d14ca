"""DeleteDirectImageMigrationResources: ends the copies of images of a migration that is canceled."""

from mtc.migration.direct.images import of_migration
from mtc.migration.flags import Flags
from mtc.migration.outcome import Awaited, Done, Outcome, Subject, Wait
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope

#: The garbage collector takes a second.
_TOLD_AFTER_S = 20.0


def applies(flags: Flags) -> bool:
    """A rollback finds none that runs: migrations of a plan run one after the other."""
    return flags.may_have_direct_copies and flags.is_canceled and not flags.is_rollback


async def run(scope: Scope) -> Outcome:
    """Until nothing of it is left, so that nothing arrives after the migration has ended."""
    left = await of_migration.delete(scope)
    if not left:
        return Done()
    names = ", ".join(f"{item['kind']} {item['metadata']['namespace']}/{item['metadata']['name']}" for item in left)
    space, own = scope.migration.namespace, of_migration.selector(scope)
    return Wait(
        for_=tuple(Awaited(scope.host, kind, space, own) for kind in of_migration.KINDS),
        reason="Deleting",
        message=f"{names} {'is' if len(left) == 1 else 'are'} not gone yet. The garbage collector of the host cluster deletes what is left.",
        patience_s=_TOLD_AFTER_S,
        objects=tuple(Subject(scope.host, item, goes=True) for item in left),
    )


PHASE = Phase(
    name="DeleteDirectImageMigrationResources",
    step="CleanupHelpers",
    description="Ending the direct migration of images.",
    applies=applies,
    run=run,
    light=True,
)
