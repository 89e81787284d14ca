"""PvNameConflict: a claim gets a name that it can have, and one that no other claim gets.

A conversion makes its claims in the namespace of the old ones: the name of any claim of the source is taken there, that of one
that is left behind as well.
"""

from collections import Counter
from collections.abc import Sequence

from mtc.api import conditions, names
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import Action, PlanPv
from mtc.migration import checks
from mtc.migration.checks.volumes import Scope, claim

_TYPE = conditions.PV_NAME_CONFLICT


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    migrated = scope.of_action(Action.COPY, Action.MOVE)
    if impossible := [claim(volume) for volume in migrated if not names.is_dns_subdomain(_target(volume))]:
        message = (
            f"Claims [] of MigPlan {scope.ref} would get names that no claim can have. Write pvc.name as `source:target`, the target with "
            "at most 253 lower-case letters, digits, dashes and dots, and a letter or digit at both ends."
        )
        return [checks.error(_TYPE, "", message, items=impossible)]
    becomes = {claim(volume): _target_claim(volume) for volume in (scope.of_action(Action.COPY) if scope.is_conversion else migrated)}
    kept = [claim(volume) for volume in scope.volumes] if scope.is_conversion else []
    taken = Counter([*kept, *becomes.values()])
    wrong = [name for name, target in becomes.items() if taken[target] > 1]
    if not wrong:
        return []
    message = (
        f"Claims [] of MigPlan {scope.ref} would become the same claim, or one that exists. Give each a name of its own in pvc.name, as "
        "`source:target`."
    )
    return [checks.error(_TYPE, "", message, items=wrong)]


def _target(volume: PlanPv) -> str:
    try:
        return names.parse_pvc_mapping(volume.pvc.name).target
    except names.InvalidMapping:
        return volume.pvc.name


def _target_claim(volume: PlanPv) -> str:
    return f"{volume.pvc.namespace}/{_target(volume)}"


CHECK = checks.Check(order=120, types=(_TYPE,), run=_run)
