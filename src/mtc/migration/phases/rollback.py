"""Rollback: what the plan has migrated is going to be undone."""

from mtc.api import names
from mtc.migration import last_copies
from mtc.migration.outcome import Done, Outcome, fail
from mtc.migration.phase import Phase, always
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Nothing is changed yet; nor will be anything where data would be lost."""
    if not scope.flags.converts and (alone := await last_copies.find(scope)):
        text = (
            f"PersistentVolumeClaims {', '.join(alone)} on target cluster {scope.target.name} would be deleted, and source cluster "
            f"{scope.source.name} does not have what they were copied from any more: these are the last copies. Nothing was changed. Bring the "
            "claims of the source back with their data, or take the label "
            f"{names.MIGRATED_BY_MIGPLAN} off those of the target, which keeps them; then roll back once more."
        )
        return fail("RollbackWouldLoseData", text)
    scope.log.info("rollback begins", plan=str(scope.plan.ref))
    return Done()


PHASE = Phase(
    name="Rollback",
    step="CleanupVelero",
    description="The rollback has started.",
    applies=always,
    run=run,
)
