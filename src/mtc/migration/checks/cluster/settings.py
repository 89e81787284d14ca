"""InvalidSettings: the settings of the cluster should be understood."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.cluster import Scope

_TYPE = conditions.INVALID_SETTINGS


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    if not scope.misread:
        return []
    message = f"On cluster {scope.cluster.name}, {'; '.join(scope.misread)}. Until that is corrected, the next place in line or the default holds."
    return [checks.warn(_TYPE, "", message)]


CHECK = checks.Check(order=70, types=(_TYPE,), run=_run, after_critical=False)
