"""StartRefresh: asks for a fresh look at the plan, its clusters and its storage."""

from mtc.kube import resources
from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase, always
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Sets `spec.refresh` of the plan."""
    await scope.host.patch(resources.MIG_PLANS, scope.plan.name, {"spec": {"refresh": True}}, namespace=scope.plan.namespace)
    return Done()


PHASE = Phase(
    name="StartRefresh",
    step="Prepare",
    description="Asking for a fresh look at the MigPlan, its MigClusters and its MigStorage.",
    applies=always,
    run=run,
)
