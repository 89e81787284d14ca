"""Conditions of a MigStorage: is it described well, and does the bucket take, give and forget an object."""

from functools import partial

from mtc.api import conditions
from mtc.api.catalogue import Entry

_critical = partial(Entry, "MigStorage", conditions.CRITICAL)
_required = partial(Entry, "MigStorage", conditions.REQUIRED)

ENTRIES = (
    _critical(
        conditions.INVALID_BACKUP_STORAGE_PROVIDER,
        conditions.NOT_SET,
        explanation="Nothing says what kind of object storage this is.",
        remedy="Set spec.backupStorageProvider to aws, azure or gcp; everything that speaks S3 is aws.",
    ),
    _critical(
        conditions.INVALID_BACKUP_STORAGE_PROVIDER,
        conditions.NOT_SUPPORTED,
        explanation="spec.backupStorageProvider names something that the toolkit cannot talk to.",
        remedy="Use aws, azure or gcp; MinIO, NooBaa, Ceph and other S3-compatible storage are aws with spec.backupStorageConfig.awsS3Url.",
    ),
    _critical(
        conditions.INVALID_BACKUP_STORAGE_CREDS_SECRET_REF,
        conditions.NOT_SET,
        explanation="spec.backupStorageConfig.credsSecretRef names no Secret, so there are no credentials.",
        remedy="Set its name and namespace to those of a Secret on the host cluster with the credentials.",
    ),
    _critical(
        conditions.INVALID_BACKUP_STORAGE_CREDS_SECRET_REF,
        conditions.NOT_FOUND,
        explanation="The Secret that spec.backupStorageConfig.credsSecretRef names does not exist on the host cluster.",
        remedy="Create it, or correct the reference. The storage is tested as soon as the Secret is there.",
    ),
    _critical(
        conditions.INVALID_BACKUP_STORAGE_SETTINGS,
        conditions.NOT_SUPPORTED,
        explanation="Settings or credentials for backups are missing or have a form that cannot work. The message names each of them.",
        remedy="Correct what the message lists in spec.backupStorageConfig or in the Secret.",
    ),
    _critical(
        conditions.BACKUP_STORAGE_PROVIDER_TEST_FAILED,
        conditions.TEST_FAILED,
        explanation=(
            "An object of one byte could not be written to the bucket, read and deleted again. The message has the error of the storage. "
            "Plans that use this storage are not Ready meanwhile."
        ),
        remedy=(
            "Check bucket, URL, region, certificate and credentials, and that the credentials may write, read and delete. The test is "
            "repeated by itself."
        ),
    ),
    _critical(
        conditions.INVALID_VOLUME_SNAPSHOT_PROVIDER,
        conditions.NOT_SUPPORTED,
        explanation="spec.volumeSnapshotProvider names something that the toolkit does not know.",
        remedy="Use aws, azure or gcp, or leave it out to take provider and credentials of the backups.",
    ),
    _critical(
        conditions.INVALID_VOLUME_SNAPSHOT_CREDS_SECRET_REF,
        conditions.NOT_SET,
        explanation="There is a spec.volumeSnapshotProvider, and spec.volumeSnapshotConfig.credsSecretRef names no Secret for it.",
        remedy="Set name and namespace of the Secret, or leave the provider out to take the settings of the backups.",
    ),
    _critical(
        conditions.INVALID_VOLUME_SNAPSHOT_CREDS_SECRET_REF,
        conditions.NOT_FOUND,
        explanation="The Secret that spec.volumeSnapshotConfig.credsSecretRef names does not exist on the host cluster.",
        remedy="Create it, or correct the reference.",
    ),
    _critical(
        conditions.INVALID_VOLUME_SNAPSHOT_SETTINGS,
        conditions.NOT_SUPPORTED,
        explanation="Settings or credentials for snapshots are missing or have a form that cannot work. The message names each of them.",
        remedy="Correct what the message lists in spec.volumeSnapshotConfig or in the Secret.",
    ),
    _critical(
        conditions.VOLUME_SNAPSHOT_PROVIDER_TEST_FAILED,
        conditions.TEST_FAILED,
        explanation=(
            "The provider of volume snapshots does not accept the credentials: they are wrong, switched off or expired. The message has the "
            "provider's word for it."
        ),
        remedy="Put valid credentials into the Secret of spec.volumeSnapshotConfig, or leave spec.volumeSnapshotProvider out.",
    ),
    _required(
        conditions.READY,
        "",
        explanation="A test object could be written, read and deleted. Plans can use the storage.",
    ),
)
