"""PvInvalidStorageClass: a chosen class must exist in the target."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import Action
from mtc.migration import checks
from mtc.migration.checks.volumes import Scope, pv_names

_TYPE = conditions.PV_INVALID_STORAGE_CLASS


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    chosen = [volume for volume in scope.of_action(Action.COPY) if volume.selection.storage_class]
    wrong = pv_names(chosen, lambda volume: scope.target_class(volume) is None)
    if not wrong:
        return []
    known = ", ".join(item.name for item in scope.targets) or "none"
    message = (
        f"The selection.storageClass of volumes [] of MigPlan {scope.ref} does not exist on its target, cluster {scope.target_name}. "
        f"Choose one of its storage classes ({known}), or create the class."
    )
    return [checks.error(_TYPE, conditions.NOT_DONE, message, items=wrong)]


CHECK = checks.Check(order=40, types=(_TYPE,), run=_run)
