"""InvalidBackupStorageCredsSecretRef: the Secret with the credentials must exist."""

from collections.abc import Sequence

from mtc.api import common, conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.storage import Scope

_TYPE = conditions.INVALID_BACKUP_STORAGE_CREDS_SECRET_REF


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    reference = scope.storage.spec.backup_storage_config.creds_secret_ref
    if not common.is_set(reference):
        message = f"MigStorage {scope.storage.ref} names no Secret in spec.backupStorageConfig.credsSecretRef. Give its name and namespace."
        return [checks.critical(_TYPE, conditions.NOT_SET, message)]
    if reference is not None and scope.secret is None:
        message = (
            f"Secret {reference.ref}, which spec.backupStorageConfig.credsSecretRef of MigStorage {scope.storage.ref} names, "
            "does not exist. Create it with the credentials of the storage."
        )
        return [checks.critical(_TYPE, conditions.NOT_FOUND, message)]
    return []


CHECK = checks.Check(order=20, types=(_TYPE,), run=_run)
