"""Azure Blob Storage: provider `azure`.

Three ways in, chosen as Velero does: the access key of the storage account, where the credential has it; a service principal
that looks the key up (`azure_key`); or, with `useAAD`, a service principal with a data role of its own on the container.
"""

import ssl
from typing import Any
from urllib.parse import urlsplit

from obstore import exceptions
from obstore.store import AzureStore

from mtc.store import azure_key, errors
from mtc.store.bucket import CLIENT, RETRY, Bucket
from mtc.store.port import Location

PROVIDER = "azure"
ACCESS_KEY = "AZURE_STORAGE_ACCOUNT_ACCESS_KEY"
_PRINCIPAL = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")


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
    cloud = azure_key.cloud_of(location, keys)
    url = _endpoint(location) or f"https://{account}.blob.{cloud.suffix}"
    config: dict[str, Any] = {"account_name": account, "endpoint": url}
    look_up = None
    if key := keys.get(location.config.get("storageAccountKeyEnvVar") or ACCESS_KEY):
        config |= {"account_key": key, "credential_type": "access_key"}
    elif missing := [name for name in _PRINCIPAL if not keys.get(name)]:
        msg = f"The credential of {location.name} has neither {ACCESS_KEY} nor a service principal: {', '.join(missing)} missing."
        raise errors.BadLocation(msg)
    else:
        look_up = azure_key.LookUp(cloud, azure_key.place_of(location, keys), keys, _tls(location))
    client = dict(CLIENT) | {"allow_http": url.startswith("http://")}
    if location.ca:
        client["root_certificate"] = location.ca

    def make() -> Any:
        try:
            return AzureStore(
                location.bucket,
                prefix=location.prefix or None,
                config=config,
                client_options=client,
                retry_config=RETRY,
                credential_provider=look_up,
            )
        except (ValueError, TypeError, exceptions.BaseError) as error:
            msg = f"The settings of {location.name} cannot work: {str(error).splitlines()[0]}"
            raise errors.BadLocation(msg) from error

    where = f"container {location.bucket} of storage account {account}{f' at {url}' if _endpoint(location) else ''}"
    return Bucket(make(), where=where, signer=make, identity=look_up)


def _endpoint(location: Location) -> str:
    """The address that the location names, "" for that of its cloud. Raises BadLocation."""
    given = location.config.get("storageAccountURI", "").strip().rstrip("/")
    try:
        parts = urlsplit(given)
        fits = not given or (parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0)
    except ValueError:
        fits = False
    if not fits:
        msg = f"storageAccountURI {given!r} of {location.name} must begin with http:// or https:// and name a host."
        raise errors.BadLocation(msg)
    return given


def _tls(location: Location) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if location.ca:
        try:
            context.load_verify_locations(cadata=location.ca.decode("ascii"))
        except (ssl.SSLError, ValueError) as error:
            msg = f"The certificates to trust of {location.name} cannot be read: {error}"
            raise errors.BadLocation(msg) from error
    return context
