"""InvalidResourceList: kinds that the plan is limited to must exist."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.plan import Scope

_TYPE = conditions.INVALID_RESOURCE_LIST


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    if not scope.kinds.unknown:
        return []
    message = (
        f"Entries [] of spec.includedResources of MigPlan {scope.ref} are not served by its source, cluster {scope.source.name}. "
        "Give group and kind as `kubectl api-resources` lists them; the core group is empty."
    )
    return [checks.critical(_TYPE, "", message, items=scope.kinds.unknown)]


CHECK = checks.Check(order=110, types=(_TYPE,), run=_run)
