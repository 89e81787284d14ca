"""InvalidTarget: a hook runs in one of the two clusters."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.mighook import MigHook, TargetCluster
from mtc.migration import checks

_TYPE = conditions.INVALID_TARGET
_KNOWN = tuple(cluster.value for cluster in TargetCluster)


async def _run(hook: MigHook, _: Sequence[Condition]) -> list[Condition]:
    given = hook.spec.target_cluster
    if given in _KNOWN:
        return []
    message = f"spec.targetCluster {given!r} of MigHook {hook.ref} names no cluster of a plan. Set it to {' or '.join(_KNOWN)}."
    return [checks.critical(_TYPE, conditions.NOT_SET, message)]


CHECK = checks.Check(order=20, types=(_TYPE,), run=_run)
