"""PodLimitExceeded: many running pods take long to stop and to start."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.plan import Scope

_TYPE = conditions.POD_LIMIT_EXCEEDED


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    count = sum(1 for pod in scope.pods if (pod.get("status") or {}).get("phase") == "Running")
    limit = scope.settings.pod_limit
    if count <= limit:
        return []
    message = (
        f"{count} pods run in the namespaces of MigPlan {scope.ref}, more than the limit of {limit}. It works and may take long. "
        "Split the plan, or raise mig_pod_limit of the MigrationController."
    )
    return [checks.warn(_TYPE, conditions.LIMIT_EXCEEDED, message)]


CHECK = checks.Check(order=80, types=(_TYPE,), run=_run)
