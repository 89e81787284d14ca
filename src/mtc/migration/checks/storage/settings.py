"""InvalidBackupStorageSettings: settings and credentials must be complete before anything is sent."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks, providers
from mtc.migration.checks.storage import Scope

_TYPE = conditions.INVALID_BACKUP_STORAGE_SETTINGS


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    if scope.provider is None or scope.secret is None:
        return []
    config = scope.storage.spec.backup_storage_config
    found = scope.provider.backup_problems(config, providers.keys_of(scope.secret)) + providers.ca_problem(config)
    if not found:
        return []
    meta = scope.secret["metadata"]
    message = (
        f"Settings in spec.backupStorageConfig of MigStorage {scope.storage.ref} or credentials in Secret "
        f"{meta['namespace']}/{meta['name']} cannot work for provider {scope.provider.name}: []. Correct them."
    )
    return [checks.critical(_TYPE, conditions.NOT_SUPPORTED, message, items=found)]


CHECK = checks.Check(order=30, types=(_TYPE,), run=_run)
