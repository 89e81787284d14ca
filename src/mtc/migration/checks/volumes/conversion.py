"""StorageClassConversionUnavailable: a conversion needs a claim to convert and a class to convert to."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import Action
from mtc.migration import checks
from mtc.migration.checks.volumes import Scope

_TYPE = conditions.STORAGE_CLASS_CONVERSION_UNAVAILABLE
_FEWEST_CLASSES = 2


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    if not scope.is_conversion:
        return []
    if len(scope.sources) < _FEWEST_CLASSES:
        message = f"MigPlan {scope.ref} converts storage, and cluster {scope.target_name} has fewer than two storage classes. Create another class."
        return [checks.critical(_TYPE, "", message)]
    if not scope.of_action(Action.COPY):
        message = f"MigPlan {scope.ref} converts storage, and no volume is chosen for it. Set selection.action of a volume to copy."
        return [checks.critical(_TYPE, "", message)]
    return []


CHECK = checks.Check(order=130, types=(_TYPE,), run=_run)
