"""WaitForRefresh: goes on when the plan has been looked at afresh."""

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import MigPlan
from mtc.kube import resources
from mtc.migration import flags
from mtc.migration.outcome import Awaited, Done, Outcome, Wait, fail
from mtc.migration.phase import Phase, always
from mtc.migration.phases import quiesce_source_applications
from mtc.migration.scope import Scope
from mtc.migration.swap import obstacles

#: A plan is looked at within seconds, unless the controller is busy or a cluster is slow.
_PATIENCE_S = 60.0


async def run(scope: Scope) -> Outcome:
    """Until the plan has taken its `spec.refresh` back."""
    plan = MigPlan.from_dict(await scope.host.get(resources.MIG_PLANS, scope.plan.name, namespace=scope.plan.namespace))
    if plan.spec.refresh:
        return Wait(
            for_=(Awaited(scope.host, resources.MIG_PLANS, scope.plan.namespace),),
            reason="Refreshing",
            message=f"MigPlan {plan.ref} has not been looked at afresh yet.",
            patience_s=_PATIENCE_S,
        )
    known = scope.migration.status.conditions
    fresh = flags.of(spec=scope.migration.spec, plan=plan, found=known, one_cluster=scope.one_cluster, images=scope.images)
    if fresh.is_stage and not fresh.copies_volumes and not fresh.copies_images_directly:
        text = f"MigPlan {plan.ref} has neither volumes nor images to copy, so this migration has nothing to do."
        return Done(conditions=(Condition(type=conditions.STAGE_NO_OP, category=conditions.WARN, message=text, durable=True),))
    retry = scope.migration.status.retry
    goes_on = retry is not None and quiesce_source_applications.PHASE.name in retry.passed
    if fresh.converts and (found := await obstacles.find(scope, plan, goes_on=goes_on)):
        return fail("ConversionImpossible", found)
    return Done()


PHASE = Phase(
    name="WaitForRefresh",
    step="Prepare",
    description="Waiting until the MigPlan, its MigClusters and its MigStorage have been looked at afresh.",
    applies=always,
    run=run,
    light=True,
)
