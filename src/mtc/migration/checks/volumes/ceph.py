"""PvWarnNoCephAvailable: volumes of GlusterFS would best go to Ceph."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import Action
from mtc.migration import checks
from mtc.migration.checks.volumes import Scope, pv_names

_TYPE = conditions.PV_NO_CEPH_AVAILABLE


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    found = pv_names(scope.of_action(Action.COPY), lambda volume: volume.name in scope.without_ceph)
    if not found:
        return []
    message = (
        f"The target of MigPlan {scope.ref}, cluster {scope.target_name}, has no storage class of Ceph for volumes [], which lie on GlusterFS; "
        "they get its default class. Install Ceph there, for instance with the Rook operator, if they need shared access."
    )
    return [checks.warn(_TYPE, "", message, items=found)]


CHECK = checks.Check(order=110, types=(_TYPE,), run=_run)
