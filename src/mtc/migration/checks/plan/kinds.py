"""GVKsIncompatible: objects of kinds that the target does not serve stay behind."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.plan import Scope

_TYPE = conditions.GVKS_INCOMPATIBLE


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    if not scope.kinds.incompatible:
        return []
    affected = [item["name"] for item in scope.kinds.incompatible]
    message = (
        f"Namespaces [] of MigPlan {scope.ref} hold objects of kinds that its target, cluster {scope.target.name}, does not serve; they are "
        "not migrated. status.incompatibleNamespaces lists the kinds. Install what serves them on the target if they are needed."
    )
    return [checks.warn(_TYPE, "", message, items=affected)]


CHECK = checks.Check(order=120, types=(_TYPE,), run=_run)
