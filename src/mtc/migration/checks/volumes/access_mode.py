"""PvInvalidAccessMode: a chosen access mode must be one that Kubernetes knows."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import AUTO
from mtc.migration import checks
from mtc.migration.checks.volumes import Scope, pv_names
from mtc.migration.volumes.classes import ROX, RWO, RWX

_KNOWN = ("", RWO, ROX, RWX, AUTO)

_TYPE = conditions.PV_INVALID_ACCESS_MODE


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    wrong = pv_names(scope.volumes, lambda volume: volume.selection.access_mode not in _KNOWN)
    if not wrong:
        return []
    message = (
        f"The selection.accessMode of volumes [] of MigPlan {scope.ref} is not known. "
        f"Use {RWO}, {ROX}, {RWX} or {AUTO}, or leave it out to keep the access modes of the source."
    )
    return [checks.error(_TYPE, "", message, items=wrong)]


CHECK = checks.Check(order=60, types=(_TYPE,), run=_run)
