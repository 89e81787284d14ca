"""InvalidVolumeSnapshotProvider: one of the providers that we know, where one is named."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks, providers
from mtc.migration.checks.storage import Scope

_TYPE = conditions.INVALID_VOLUME_SNAPSHOT_PROVIDER


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    given = scope.storage.spec.volume_snapshot_provider
    if not given or scope.snapshot_provider is not None:
        return []
    known = ", ".join(sorted(providers.known()))
    message = (
        f"spec.volumeSnapshotProvider {given!r} of MigStorage {scope.storage.ref} is not known. "
        f"Use one of {known}, or leave it out to take the provider of the backups."
    )
    return [checks.critical(_TYPE, conditions.NOT_SUPPORTED, message)]


CHECK = checks.Check(order=50, types=(_TYPE,), run=_run)
