"""InvalidVolumeSnapshotCredsSecretRef: a snapshot provider needs a Secret of its own unless it is the one of the backups."""

from collections.abc import Sequence

from mtc.api import common, conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.storage import Scope

_TYPE = conditions.INVALID_VOLUME_SNAPSHOT_CREDS_SECRET_REF


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    spec = scope.storage.spec
    if not scope.has_snapshots:
        return []
    reference = spec.volume_snapshot_config.creds_secret_ref if spec.volume_snapshot_config else None
    if not common.is_set(reference):
        message = (
            f"MigStorage {scope.storage.ref} has a volumeSnapshotProvider and no Secret in spec.volumeSnapshotConfig.credsSecretRef. "
            "Give its name and namespace, or leave the provider out to take the settings of the backups."
        )
        return [checks.critical(_TYPE, conditions.NOT_SET, message)]
    if reference is not None and scope.snapshot_secret is None:
        message = (
            f"Secret {reference.ref}, which spec.volumeSnapshotConfig.credsSecretRef of MigStorage {scope.storage.ref} names, "
            "does not exist. Create it with the credentials for snapshots."
        )
        return [checks.critical(_TYPE, conditions.NOT_FOUND, message)]
    return []


CHECK = checks.Check(order=60, types=(_TYPE,), run=_run)
