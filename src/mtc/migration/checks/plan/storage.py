"""InvalidStorageRef, StorageNotReady. A conversion of storage needs no replication repository."""

from collections.abc import Sequence

from mtc.api import common, conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.plan import Scope

_INVALID, _NOT_READY = conditions.INVALID_STORAGE_REF, conditions.STORAGE_NOT_READY


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    reference = scope.plan.spec.mig_storage_ref
    if reference is None or not common.is_set(reference):
        message = f"MigPlan {scope.ref} names no storage. Set name and namespace of a MigStorage in spec.migStorageRef."
        return [] if scope.is_conversion else [checks.critical(_INVALID, conditions.NOT_SET, message)]
    if scope.storage is None:
        message = (
            f"MigStorage {reference.ref}, which spec.migStorageRef of MigPlan {scope.ref} names, does not exist. Create it or name another."
        )
        return [checks.critical(_INVALID, conditions.NOT_FOUND, message)]
    if not conditions.is_ready(scope.storage.status.conditions):
        message = f"MigStorage {reference.ref} of MigPlan {scope.ref} is not Ready. Its conditions say why."
        return [checks.critical(_NOT_READY, "", message)]
    return []


CHECK = checks.Check(order=40, types=(_INVALID, _NOT_READY), run=_run)
