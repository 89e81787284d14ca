"""Azure Blob Storage: provider `azure`.

Two ways in, by what the credential has: the storage account's access key, or a service principal, which then needs a data
role on the container (Velero looks the key up through the management API instead; we do not call that API).
"""

from typing import Any

from obstore.store import AzureStore

from mtc.store import errors
from mtc.store.bucket import CLIENT, RETRY, Bucket
from mtc.store.port import Location

PROVIDER = "azure"
ACCESS_KEY = "AZURE_STORAGE_ACCOUNT_ACCESS_KEY"
_PRINCIPAL = {"AZURE_TENANT_ID": "tenant_id", "AZURE_CLIENT_ID": "client_id", "AZURE_CLIENT_SECRET": "client_secret"}


def credentials(location: Location) -> dict[str, str]:
    """The KEY=value lines of the credential."""
    text = (location.credential or b"").decode("utf-8", "replace")
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.lstrip().startswith("#"))
    return {key.strip().removeprefix("export "): value.strip().strip("\"'") for key, value in pairs}


def open_store(location: Location) -> Bucket:
    """The store. Raises BadLocation when the account or a usable credential is missing."""
    account = location.config.get("storageAccount", "")
    if not account:
        msg = f"{location.name} needs config storageAccount: the Azure storage account that holds container {location.bucket!r}."
        raise errors.BadLocation(msg)
    keys = credentials(location)
    config: dict[str, Any] = {"account_name": account}
    if key := keys.get(location.config.get("storageAccountKeyEnvVar") or ACCESS_KEY):
        config["account_key"] = key
    elif missing := [name for name in _PRINCIPAL if not keys.get(name)]:
        msg = f"The credential of {location.name} has neither {ACCESS_KEY} nor a service principal: {', '.join(missing)} missing."
        raise errors.BadLocation(msg)
    else:
        config |= {option: keys[name] for name, option in _PRINCIPAL.items()}
    if endpoint := location.config.get("storageAccountURI"):
        config["endpoint"] = endpoint
    client = dict(CLIENT) | {"allow_http": str(endpoint or "").startswith("http://")}
    if location.ca:
        client["root_certificate"] = location.ca

    def make() -> Any:
        try:
            return AzureStore(location.bucket, prefix=location.prefix or None, config=config, client_options=client, retry_config=RETRY)
        except (ValueError, TypeError) as error:
            msg = f"The settings of {location.name} cannot work: {error}"
            raise errors.BadLocation(msg) from error

    return Bucket(make(), where=f"container {location.bucket} of storage account {account}", signer=make)
