"""Azure Blob Storage and Azure disks. The Secret holds lines KEY=value, as the Azure plug-in of Velero reads them."""

import ssl

from mtc import store
from mtc.api import names
from mtc.api.migration.migstorage import BackupStorageConfig, VolumeSnapshotConfig
from mtc.migration import providers
from mtc.store import azure_key, errors

_ACCESS_KEY = "AZURE_STORAGE_ACCOUNT_ACCESS_KEY"
_RESOURCE_GROUP = "AZURE_RESOURCE_GROUP"
_PRINCIPAL = ("AZURE_SUBSCRIPTION_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")


def _lines(keys: providers.Keys) -> dict[str, str]:
    text = keys.get(names.AZURE_CREDENTIALS_KEY, b"").decode("utf-8", "replace")
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.lstrip().startswith("#"))
    return {key.strip(): value.strip() for key, value in pairs}


def _credential_problems(keys: providers.Keys, *, key_suffices: bool) -> list[str]:
    missing = providers.missing_keys(keys, names.AZURE_CREDENTIALS_KEY)
    lines = _lines(keys)
    if missing or (key_suffices and lines.get(_ACCESS_KEY)):
        return missing
    return [f"{name} in {names.AZURE_CREDENTIALS_KEY} of the Secret is missing" for name in _PRINCIPAL if not lines.get(name)]


def _backup_problems(config: BackupStorageConfig, keys: providers.Keys) -> list[str]:
    fields = {
        "azureResourceGroup": config.azure_resource_group,
        "azureStorageAccount": config.azure_storage_account,
        "azureStorageContainer": config.azure_storage_container,
    }
    return [
        *_credential_problems(keys, key_suffices=True),
        *(f"{name} is missing" for name, value in fields.items() if not value),
        *providers.url_problem("azureStorageAccountURI", config.azure_storage_account_uri),
    ]


def _snapshot_problems(config: VolumeSnapshotConfig, keys: providers.Keys) -> list[str]:
    return [
        *_credential_problems(keys, key_suffices=False),
        *providers.duration_problem("azureApiTimeout", config.azure_api_timeout),
        *providers.duration_problem("snapshotCreationTimeout", config.snapshot_creation_timeout),
    ]


def _credential(keys: providers.Keys, resource_group: str) -> bytes:
    """The lines of the Secret; volumes of a cluster lie in the resource group that its MigCluster names."""
    lines = _lines(keys)
    if resource_group:
        lines[_RESOURCE_GROUP] = resource_group
    return "".join(f"{key}={value}\n" for key, value in lines.items()).encode()


def _config(config: BackupStorageConfig, keys: providers.Keys) -> dict[str, str]:
    settings = {
        "resourceGroup": config.azure_resource_group,
        "storageAccount": config.azure_storage_account,
        "subscriptionId": "",
    }
    # Velero fails when it is told a variable that the credential does not have.
    key = {"storageAccountKeyEnvVar": _ACCESS_KEY} if _lines(keys).get(_ACCESS_KEY) else {}
    return settings | key | providers.without_empty({"storageAccountURI": config.azure_storage_account_uri})


def _snapshot_config(config: VolumeSnapshotConfig) -> dict[str, str]:
    return providers.without_empty(
        {
            "resourceGroup": config.azure_resource_group,
            "apiTimeout": config.azure_api_timeout,
            "snapshotCreationTimeout": config.snapshot_creation_timeout,
        }
    )


async def _snapshot_refusal(_config: VolumeSnapshotConfig, keys: providers.Keys) -> str:
    lines = _lines(keys)
    try:
        cloud = azure_key.cloud_of(store.Location(name="the snapshots", provider="azure", bucket=""), lines)
    except errors.BadLocation:
        return ""
    return await azure_key.LookUp(cloud, None, lines, ssl.create_default_context()).refusal()


async def _registry(config: BackupStorageConfig, keys: providers.Keys, _folder: str) -> providers.RegistryStorage:
    """The registry knows access keys of accounts only."""
    lines = _lines(keys)
    location = store.Location(name="the migration registry", provider="azure", bucket="", config=_config(config, keys))
    cloud = azure_key.cloud_of(location, lines)
    key = lines.get(_ACCESS_KEY)
    if not key:
        place = azure_key.place_of(location, lines)
        found = await azure_key.LookUp(cloud, place, lines, ssl.create_default_context())() if place else {}
        key = found.get("access_key")
    if not key:
        msg = (
            f"The migration registry needs an access key of storage account {config.azure_storage_account!r}, and the service principal of the "
            f"MigStorage may not look one up. Give it a role that may list keys, or add {_ACCESS_KEY} to {names.AZURE_CREDENTIALS_KEY}."
        )
        raise errors.AccessDenied(msg)
    env = {
        "REGISTRY_STORAGE": "azure",
        "REGISTRY_STORAGE_AZURE_CONTAINER": config.azure_storage_container,
        "REGISTRY_STORAGE_AZURE_ACCOUNTNAME": config.azure_storage_account,
    }
    if cloud.suffix != azure_key.PUBLIC.suffix:
        env["REGISTRY_STORAGE_AZURE_REALM"] = cloud.suffix
    secret_env = {"REGISTRY_STORAGE_AZURE_ACCOUNTKEY": "storageAccountKey"}
    return providers.RegistryStorage(env, secret_env, data={"storageAccountKey": key.encode()})


PROVIDER = providers.Provider(
    name="azure",
    backup_problems=_backup_problems,
    snapshot_problems=_snapshot_problems,
    credential=_credential,
    bucket=lambda config: config.azure_storage_container,
    config=_config,
    snapshot_config=_snapshot_config,
    registry=_registry,
    snapshot_refusal=_snapshot_refusal,
)
