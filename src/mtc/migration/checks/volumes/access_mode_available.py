"""PvWarnAccessModeUnavailable: the chosen class should offer the access modes of the claim."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import AUTO, Action, PlanPv
from mtc.migration import checks
from mtc.migration.checks.volumes import Scope, claim
from mtc.migration.volumes.classes import FILESYSTEM

_TYPE = conditions.PV_ACCESS_MODE_UNAVAILABLE


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    wrong = [claim(volume) for volume in scope.of_action(Action.COPY) if not _is_offered(scope, volume)]
    if not wrong:
        return []
    message = (
        f"The chosen storage classes do not offer the access modes of claims [] of MigPlan {scope.ref}, as far as is known of their "
        "provisioners. Choose another class, or another selection.accessMode."
    )
    return [checks.warn(_TYPE, "", message, items=wrong)]


def _is_offered(scope: Scope, volume: PlanPv) -> bool:
    chosen = scope.target_class(volume)
    if chosen is None or volume.selection.access_mode == AUTO:
        return True
    mode = volume.pvc.volume_mode or FILESYSTEM
    offered = chosen.modes.get(mode)
    if offered is None:
        return mode == AUTO
    wanted = [volume.selection.access_mode] if volume.selection.access_mode else volume.pvc.access_modes
    return set(wanted) <= set(offered)


CHECK = checks.Check(order=70, types=(_TYPE,), run=_run)
