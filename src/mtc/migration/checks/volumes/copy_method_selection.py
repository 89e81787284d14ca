"""PvNoCopyMethodSelection: a volume to copy needs a method."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import Action
from mtc.migration import checks
from mtc.migration.checks.volumes import Scope, pv_names

_TYPE = conditions.PV_NO_COPY_METHOD_SELECTION


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    wrong = pv_names(scope.of_action(Action.COPY), lambda volume: not volume.selection.copy_method)
    if not wrong:
        return []
    message = (
        f"No copy method is chosen for volumes [] of MigPlan {scope.ref}. Set selection.copyMethod to one out of supported.copyMethods."
    )
    return [checks.error(_TYPE, conditions.NOT_FOUND, message, items=wrong)]


CHECK = checks.Check(order=80, types=(_TYPE,), run=_run)
