"""PvNoStorageClassSelection: without a class only volumes that exist already can be used."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import Action
from mtc.migration import checks
from mtc.migration.checks.volumes import Scope, pv_names

_TYPE = conditions.PV_NO_STORAGE_CLASS_SELECTION


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    wrong = pv_names(scope.of_action(Action.COPY), lambda volume: not volume.selection.storage_class)
    if not wrong:
        return []
    message = (
        f"No storage class is chosen for volumes [] of MigPlan {scope.ref}. Choose one in selection.storageClass, or make volumes on the "
        f"target, cluster {scope.target_name}, that fit their claims."
    )
    return [checks.warn(_TYPE, conditions.NOT_FOUND, message, items=wrong)]


CHECK = checks.Check(order=50, types=(_TYPE,), run=_run)
