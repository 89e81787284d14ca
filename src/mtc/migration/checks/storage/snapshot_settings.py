"""InvalidVolumeSnapshotSettings: settings and credentials for snapshots must be complete."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migstorage import VolumeSnapshotConfig
from mtc.migration import checks, providers
from mtc.migration.checks.storage import Scope

_TYPE = conditions.INVALID_VOLUME_SNAPSHOT_SETTINGS


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    if scope.snapshot_provider is None or scope.snapshot_secret is None:
        return []
    config = scope.storage.spec.volume_snapshot_config or VolumeSnapshotConfig()
    found = scope.snapshot_provider.snapshot_problems(config, providers.keys_of(scope.snapshot_secret))
    if not found:
        return []
    meta = scope.snapshot_secret["metadata"]
    message = (
        f"Settings in spec.volumeSnapshotConfig of MigStorage {scope.storage.ref} or credentials in Secret "
        f"{meta['namespace']}/{meta['name']} cannot work for provider {scope.snapshot_provider.name}: []. Correct them."
    )
    return [checks.critical(_TYPE, conditions.NOT_SUPPORTED, message, items=found)]


CHECK = checks.Check(order=70, types=(_TYPE,), run=_run)
