"""Rollback: what the plan has migrated is going to be undone."""

from mtc.migration import last_copies, past_namespaces
from mtc.migration.outcome import Done, Outcome, fail
from mtc.migration.phase import Phase, always
from mtc.migration.quiesce import dangers
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Nothing is changed yet; nor will be anything where data would be lost."""
    if changed := await past_namespaces.left(scope):
        return fail("PlanChanged", changed)
    if losing := await dangers.find(scope):
        return fail("QuiesceWouldLoseData", losing)
    if copies := await last_copies.find(scope):
        text = f"{copies.tell(scope)}: these are the last copies. Nothing was changed. {copies.advise()}; then roll back once more."
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
