"""PvNoSupportedAction: volumes with which nothing can be done."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.volumes import Scope, pv_names

_TYPE = conditions.PV_NO_SUPPORTED_ACTION


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    wrong = pv_names(scope.volumes, lambda volume: not volume.supported.actions)
    if not wrong:
        return []
    message = f"Volumes [] of MigPlan {scope.ref} can be neither copied nor moved nor skipped. Move their data by other means."
    return [checks.warn(_TYPE, "", message, items=wrong)]


CHECK = checks.Check(order=20, types=(_TYPE,), run=_run)
