"""PvNameConflict: two claims must not become one in a conversion of storage."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import Action, PlanPv
from mtc.migration import checks
from mtc.migration.checks.volumes import Scope, claim

_TYPE = conditions.PV_NAME_CONFLICT


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    if not scope.is_conversion:
        return []
    by_target: dict[str, list[str]] = {}
    for volume in scope.of_action(Action.COPY):
        by_target.setdefault(_target(volume), []).append(claim(volume))
    wrong = [name for sharing in by_target.values() if len(sharing) > 1 for name in sharing]
    if not wrong:
        return []
    message = f"Claims [] of MigPlan {scope.ref} would become the same claim. Give each a name of its own in pvc.name, as `source:target`."
    return [checks.error(_TYPE, "", message, items=wrong)]


def _target(volume: PlanPv) -> str:
    return f"{volume.pvc.namespace}/{volume.pvc.name.rpartition(':')[2]}"


CHECK = checks.Check(order=120, types=(_TYPE,), run=_run)
