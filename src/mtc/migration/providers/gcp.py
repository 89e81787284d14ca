"""Google Cloud Storage and Compute disks. The Secret holds the JSON of a service account."""

import json

from mtc.api import names
from mtc.api.migration.migstorage import BackupStorageConfig, VolumeSnapshotConfig
from mtc.migration import providers

_KEY_FILE = "/credentials/cloud"


def _credential_problems(keys: providers.Keys) -> list[str]:
    missing = providers.missing_keys(keys, names.GCP_CREDENTIALS_KEY)
    if missing:
        return missing
    try:
        account = json.loads(keys[names.GCP_CREDENTIALS_KEY])
    except (ValueError, RecursionError):
        account = None
    return [] if isinstance(account, dict) else [f"{names.GCP_CREDENTIALS_KEY} of the Secret is not the JSON of a service account"]


def _backup_problems(config: BackupStorageConfig, keys: providers.Keys) -> list[str]:
    bucket = [] if config.gcp_bucket else ["gcpBucket is missing"]
    return _credential_problems(keys) + bucket + _endpoint_problems(config.gcp_store_endpoint)


def _endpoint_problems(endpoint: str) -> list[str]:
    """A problem when the endpoint is neither a host, as Velero takes it, nor a URL."""
    return providers.url_problem("gcpStoreEndpoint", endpoint if "://" in endpoint else f"https://{endpoint}" if endpoint else "")


def _snapshot_problems(config: VolumeSnapshotConfig, keys: providers.Keys) -> list[str]:
    return _credential_problems(keys) + providers.duration_problem("snapshotCreationTimeout", config.snapshot_creation_timeout)


async def _registry(config: BackupStorageConfig, keys: providers.Keys, folder: str) -> providers.RegistryStorage:
    env = {
        "REGISTRY_STORAGE": "gcs",
        "REGISTRY_STORAGE_GCS_BUCKET": config.gcp_bucket,
        "REGISTRY_STORAGE_GCS_ROOTDIRECTORY": folder,
        "REGISTRY_STORAGE_GCS_KEYFILE": _KEY_FILE,
    }
    data = {names.CLOUD_SECRET_KEY: keys[names.GCP_CREDENTIALS_KEY]}
    return providers.RegistryStorage(env, files={names.CLOUD_SECRET_KEY: _KEY_FILE}, data=data)


PROVIDER = providers.Provider(
    name="gcp",
    backup_problems=_backup_problems,
    snapshot_problems=_snapshot_problems,
    credential=lambda keys, _resource_group: keys[names.GCP_CREDENTIALS_KEY],
    bucket=lambda config: config.gcp_bucket,
    config=lambda config, _keys: providers.without_empty({"storeEndpoint": config.gcp_store_endpoint}),
    snapshot_config=lambda config: providers.without_empty({"snapshotCreationTimeout": config.snapshot_creation_timeout}),
    registry=_registry,
)
