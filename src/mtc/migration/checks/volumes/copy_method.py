"""PvInvalidCopyMethod: the method must be one that there is. One that does not fit the volume is told by `copy_method_fit`."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import Action, CopyMethod
from mtc.migration import checks
from mtc.migration.checks.volumes import Scope, pv_names

_TYPE = conditions.PV_INVALID_COPY_METHOD


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    chosen = [volume for volume in scope.of_action(Action.COPY) if volume.selection.copy_method]
    wrong = pv_names(chosen, lambda volume: volume.selection.copy_method not in set(CopyMethod))
    if not wrong:
        return []
    message = f"The selection.copyMethod of volumes [] of MigPlan {scope.ref} is no copy method. Choose one out of supported.copyMethods."
    return [checks.error(_TYPE, "", message, items=wrong)]


CHECK = checks.Check(order=90, types=(_TYPE,), run=_run)
