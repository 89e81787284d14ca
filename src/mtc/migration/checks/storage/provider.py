"""InvalidBackupStorageProvider: one of the providers that we know."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks, providers
from mtc.migration.checks.storage import Scope

_TYPE = conditions.INVALID_BACKUP_STORAGE_PROVIDER


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    given = scope.storage.spec.backup_storage_provider
    known = ", ".join(sorted(providers.known()))
    if not given:
        message = (
            f"MigStorage {scope.storage.ref} has no spec.backupStorageProvider. Set it to one of {known}; S3-compatible storage is aws."
        )
        return [checks.critical(_TYPE, conditions.NOT_SET, message)]
    if scope.provider is None:
        message = f"spec.backupStorageProvider {given!r} of MigStorage {scope.storage.ref} is not known. Use one of {known}; S3-compatible storage is aws."
        return [checks.critical(_TYPE, conditions.NOT_SUPPORTED, message)]
    return []


CHECK = checks.Check(order=10, types=(_TYPE,), run=_run)
