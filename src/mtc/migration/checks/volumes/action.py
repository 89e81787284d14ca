"""PvInvalidAction: an action must be chosen, out of those that are possible."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import Action
from mtc.migration import checks
from mtc.migration.checks.volumes import Scope, pv_names

_TYPE = conditions.PV_INVALID_ACTION


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    # With a volume that is gone there is nothing else to do; another check tells it.
    wrong = pv_names(scope.volumes, lambda volume: volume.selection.action not in (volume.supported.actions or [Action.SKIP]))
    if not wrong:
        return []
    message = (
        f"The selection.action of volumes [] of MigPlan {scope.ref} is missing or not possible for them. "
        "Choose one out of supported.actions of each volume in spec.persistentVolumes."
    )
    return [checks.error(_TYPE, conditions.NOT_DONE, message, items=wrong)]


CHECK = checks.Check(order=30, types=(_TYPE,), run=_run)
