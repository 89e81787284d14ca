"""VolumeSnapshotProviderTestFailed: the provider must know the credentials for snapshots, where they are others than those of the backups."""

import asyncio
from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migstorage import VolumeSnapshotConfig
from mtc.migration import checks, providers
from mtc.migration.checks.storage import Scope

_TYPE = conditions.VOLUME_SNAPSHOT_PROVIDER_TEST_FAILED
#: A provider that is there answers within a second. Where it is not, each pass over the storage takes that much longer.
DEADLINE_S = 5.0


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    provider, secret = scope.snapshot_provider, scope.snapshot_secret
    if provider is None or secret is None or provider.snapshot_refusal is None or _are_those_of_backups(scope):
        return []
    config = scope.storage.spec.volume_snapshot_config or VolumeSnapshotConfig()
    try:
        async with asyncio.timeout(DEADLINE_S):
            refusal = await provider.snapshot_refusal(config, providers.keys_of(secret))
    except TimeoutError:
        return []
    if not refusal:
        return []
    meta = secret["metadata"]
    message = (
        f"The provider {provider.name} refuses the credentials for volume snapshots of MigStorage {scope.storage.ref} in Secret "
        f"{meta['namespace']}/{meta['name']}: []. Put valid ones there, or leave spec.volumeSnapshotProvider out if no snapshots are taken."
    )
    return [checks.critical(_TYPE, conditions.TEST_FAILED, message, items=[refusal])]


def _are_those_of_backups(scope: Scope) -> bool:
    """Whether backups have the same credentials: their probe has told already, and storage that only speaks S3 is nothing that AWS knows."""
    if scope.provider is None or scope.provider is not scope.snapshot_provider or scope.secret is None or scope.snapshot_secret is None:
        return False
    ours, theirs = (scope.provider.credential(providers.keys_of(item), "") for item in (scope.secret, scope.snapshot_secret))
    return ours == theirs


CHECK = checks.Check(order=80, types=(_TYPE,), run=_run, after_critical=False)
