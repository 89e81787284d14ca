"""InvalidSourceClusterRef, SourceClusterNotReady."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.plan import Scope

_INVALID, _NOT_READY = conditions.INVALID_SOURCE_CLUSTER_REF, conditions.SOURCE_CLUSTER_NOT_READY


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    side = scope.source
    if side.ref is None:
        message = f"MigPlan {scope.ref} names no source cluster. Set name and namespace of a MigCluster in spec.srcMigClusterRef."
        return [checks.critical(_INVALID, conditions.NOT_SET, message)]
    if side.cluster is None:
        message = (
            f"MigCluster {side.ref}, which spec.srcMigClusterRef of MigPlan {scope.ref} names, does not exist. Create it or name another."
        )
        return [checks.critical(_INVALID, conditions.NOT_FOUND, message)]
    if not side.is_ready:
        message = f"MigCluster {side.ref}, the source of MigPlan {scope.ref}, is not Ready. Its conditions say why."
        return [checks.critical(_NOT_READY, "", message)]
    return []


CHECK = checks.Check(order=10, types=(_INVALID, _NOT_READY), run=_run)
