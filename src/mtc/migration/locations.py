"""From a MigStorage to a place in object storage, and to the locations that Velero's kinds describe. Pure functions."""

import base64
from typing import Any

from mtc import store
from mtc.api import names
from mtc.api.migration.migstorage import MigStorage, VolumeSnapshotConfig
from mtc.kube.client import Object
from mtc.migration import providers


def of_storage(storage: MigStorage, provider: providers.Provider, secret: Object) -> store.Location:
    """The bucket of a MigStorage, as the controller itself reaches it."""
    config, keys = storage.spec.backup_storage_config, providers.keys_of(secret)
    ca = base64.b64decode(config.s3_custom_ca_bundle) if config.s3_custom_ca_bundle else None
    return store.Location(
        name=f"MigStorage {storage.ref}",
        provider=provider.name,
        bucket=provider.bucket(config),
        config=provider.config(config, keys),
        credential=provider.credential(keys, ""),
        ca=ca,
    )


def backup_location(storage: MigStorage, provider: providers.Provider, secret: Object, *, credential_name: str) -> dict[str, Any]:
    """The `spec` of the BackupStorageLocation of a plan, with the credential in a Secret of the plan's own."""
    config = storage.spec.backup_storage_config
    place: dict[str, Any] = {"bucket": provider.bucket(config), "prefix": names.BSL_PREFIX}
    if config.s3_custom_ca_bundle:
        place["caCert"] = config.s3_custom_ca_bundle
    return {
        "provider": provider.name,
        "objectStorage": place,
        "config": provider.config(config, providers.keys_of(secret)),
        "credential": {"name": credential_name, "key": names.CLOUD_SECRET_KEY},
    }


def snapshot_location(storage: MigStorage, provider: providers.Provider, *, credential_name: str) -> dict[str, Any]:
    """The `spec` of the VolumeSnapshotLocation of a plan."""
    config = storage.spec.volume_snapshot_config or VolumeSnapshotConfig()
    return {
        "provider": provider.name,
        "config": provider.snapshot_config(config),
        "credential": {"name": credential_name, "key": names.CLOUD_SECRET_KEY},
    }
