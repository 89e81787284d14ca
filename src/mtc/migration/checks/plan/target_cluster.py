"""InvalidDestinationClusterRef, DestinationClusterNotReady."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.plan import Scope

_INVALID, _NOT_READY = conditions.INVALID_DESTINATION_CLUSTER_REF, conditions.DESTINATION_CLUSTER_NOT_READY


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    side = scope.target
    if side.ref is None:
        message = f"MigPlan {scope.ref} names no target cluster. Set name and namespace of a MigCluster in spec.destMigClusterRef."
        return [checks.critical(_INVALID, conditions.NOT_SET, message)]
    if side.cluster is None:
        message = (
            f"MigCluster {side.ref}, which spec.destMigClusterRef of MigPlan {scope.ref} names, does not exist. Create it or name another."
        )
        return [checks.critical(_INVALID, conditions.NOT_FOUND, message)]
    if not side.is_ready:
        message = f"MigCluster {side.ref}, the target of MigPlan {scope.ref}, is not Ready. Its conditions say why."
        return [checks.critical(_NOT_READY, "", message)]
    return []


CHECK = checks.Check(order=20, types=(_INVALID, _NOT_READY), run=_run)
