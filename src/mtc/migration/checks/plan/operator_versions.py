"""ClusterVersionMismatch: source, target and host should run one version of the toolkit."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.plan import Scope

_TYPE = conditions.CLUSTER_VERSION_MISMATCH
_SIGNS = (conditions.OPERATOR_VERSION_MISMATCH, conditions.CLUSTER_OPERATOR_VERSION_NOT_FOUND)


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    affected = [
        side.name for side in (scope.source, scope.target) if side.cluster and conditions.has_any(side.cluster.status.conditions, *_SIGNS)
    ]
    if not affected:
        return []
    message = (
        f"It is not certain that the clusters of MigPlan {scope.ref} run one version of the toolkit: see the conditions of MigClusters []. "
        "Source, target and host should run the same."
    )
    return [checks.warn(_TYPE, conditions.CONFLICT, message, items=dict.fromkeys(affected))]


CHECK = checks.Check(order=130, types=(_TYPE,), run=_run)
