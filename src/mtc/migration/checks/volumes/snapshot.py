"""PvWarnCopyMethodSnapshot: a snapshot can only be restored by the same kind of storage."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import Action, CopyMethod
from mtc.migration import checks
from mtc.migration.checks.volumes import Scope, pv_names

_TYPE = conditions.PV_COPY_METHOD_SNAPSHOT


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    found = pv_names(scope.of_action(Action.COPY), lambda volume: volume.selection.copy_method == CopyMethod.SNAPSHOT)
    if not found:
        return []
    message = (
        f"Volumes [] of MigPlan {scope.ref} are copied by snapshot. Make sure that their chosen storage classes can restore snapshots of "
        "the storage that they are on now."
    )
    return [checks.warn(_TYPE, "", message, items=found)]


CHECK = checks.Check(order=100, types=(_TYPE,), run=_run)
