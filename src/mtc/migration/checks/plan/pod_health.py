"""SourcePodsNotHealthy: what is broken in the source will be broken in the target."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.plan import Scope

_TYPE = conditions.SOURCE_PODS_NOT_HEALTHY


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    if not scope.unhealthy:
        return []
    message = (
        f"Namespaces [] of MigPlan {scope.ref} hold pods that are not healthy; status.namespaces lists them. "
        "Repair them on the source first, or expect the same on the target."
    )
    return [checks.warn(_TYPE, conditions.NOT_HEALTHY, message, items=[item.name for item in scope.unhealthy])]


CHECK = checks.Check(order=90, types=(_TYPE,), run=_run)
