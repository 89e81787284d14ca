"""What can be wrong with a MigStorage."""

from typing import Any

from kit import planes, sts
from kit.rows import Act, Case, Row
from kit.s3 import SECRET_KEY
from mtc.api import conditions
from mtc.kube import resources


async def declare(case: Case) -> None:
    """Another MigStorage in the bucket of the installation, with a Secret of its own."""
    await case.make(resources.SECRETS, data=planes.s3_credentials(SECRET_KEY))
    known = await case.host.get(resources.MIG_STORAGES, "repo", namespace=case.world.namespace)
    config = {**known["spec"]["backupStorageConfig"], "credsSecretRef": case.ref()}
    await case.make(resources.MIG_STORAGES, spec={"backupStorageProvider": "aws", "backupStorageConfig": config})


def row(type_: str, reason: str, *, cause: Act, cure: Act) -> Row:
    """A row of MigStorages."""
    return Row(kind="MigStorage", type=type_, reason=reason, category=conditions.CRITICAL, declare=declare, cause=cause, cure=cure)


def spec(**fields: Any) -> Act:
    """Changes fields."""
    return lambda case: case.spec(**fields)


async def delete_secret(case: Case) -> None:
    """The Secret is gone."""
    await case.delete(resources.SECRETS)


async def make_secret(case: Case) -> None:
    """The Secret is there again."""
    await case.make(resources.SECRETS, data=planes.s3_credentials(SECRET_KEY))


def key(value: str) -> Act:
    """Another key for the storage."""
    return lambda case: case.patch(resources.SECRETS, {"data": planes.s3_credentials(value)})


def snapshots(secret: str, **config: Any) -> Act:
    """Settings for snapshots, with a Secret."""
    return lambda case: case.spec(volumeSnapshotProvider="aws", volumeSnapshotConfig={"credsSecretRef": case.ref(secret), **config})


async def declare_snapshots(case: Case) -> None:
    """Snapshots with credentials of their own, which AWS knows."""
    await case.make(resources.SECRETS, f"{case.name}-aws", data=planes.s3_credentials(sts.SECRET_KEY, key=sts.ACCESS_KEY))
    await declare(case)
    await snapshots(f"{case.name}-aws", awsRegion="eu-central-1")(case)


def snapshot_key(secret: str) -> Act:
    """Another secret of the key for snapshots."""
    return lambda case: case.patch(resources.SECRETS, {"data": planes.s3_credentials(secret, key=sts.ACCESS_KEY)}, f"{case.name}-aws")


NO_SNAPSHOTS = spec(volumeSnapshotProvider=None, volumeSnapshotConfig=None)

ROWS = (
    row(
        conditions.INVALID_BACKUP_STORAGE_PROVIDER,
        conditions.NOT_SET,
        cause=spec(backupStorageProvider=""),
        cure=spec(backupStorageProvider="aws"),
    ),
    row(
        conditions.INVALID_BACKUP_STORAGE_PROVIDER,
        conditions.NOT_SUPPORTED,
        cause=spec(backupStorageProvider="minio"),
        cure=spec(backupStorageProvider="aws"),
    ),
    row(
        conditions.INVALID_BACKUP_STORAGE_CREDS_SECRET_REF,
        conditions.NOT_SET,
        cause=spec(backupStorageConfig={"credsSecretRef": None}),
        cure=lambda case: case.spec(backupStorageConfig={"credsSecretRef": case.ref()}),
    ),
    row(conditions.INVALID_BACKUP_STORAGE_CREDS_SECRET_REF, conditions.NOT_FOUND, cause=delete_secret, cure=make_secret),
    row(
        conditions.INVALID_BACKUP_STORAGE_SETTINGS,
        conditions.NOT_SUPPORTED,
        cause=spec(backupStorageConfig={"awsBucketName": None}),
        cure=lambda case: case.spec(backupStorageConfig={"awsBucketName": case.bucket}),
    ),
    row(conditions.BACKUP_STORAGE_PROVIDER_TEST_FAILED, conditions.TEST_FAILED, cause=key("wrong"), cure=key(SECRET_KEY)),
    row(
        conditions.INVALID_VOLUME_SNAPSHOT_PROVIDER,
        conditions.NOT_SUPPORTED,
        cause=spec(volumeSnapshotProvider="minio"),
        cure=NO_SNAPSHOTS,
    ),
    row(
        conditions.INVALID_VOLUME_SNAPSHOT_CREDS_SECRET_REF,
        conditions.NOT_SET,
        cause=spec(volumeSnapshotProvider="aws"),
        cure=NO_SNAPSHOTS,
    ),
    row(conditions.INVALID_VOLUME_SNAPSHOT_CREDS_SECRET_REF, conditions.NOT_FOUND, cause=snapshots("absent"), cure=snapshots("")),
    row(
        conditions.INVALID_VOLUME_SNAPSHOT_SETTINGS,
        conditions.NOT_SUPPORTED,
        cause=snapshots("", snapshotCreationTimeout="soon"),
        cure=snapshots("", snapshotCreationTimeout="10m"),
    ),
    Row(
        kind="MigStorage",
        type=conditions.VOLUME_SNAPSHOT_PROVIDER_TEST_FAILED,
        reason=conditions.TEST_FAILED,
        category=conditions.CRITICAL,
        declare=declare_snapshots,
        cause=snapshot_key("wrong"),
        cure=snapshot_key(sts.SECRET_KEY),
    ),
)
