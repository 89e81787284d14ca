"""From a BackupStorageLocation and its Secret to a store that can be opened."""

import base64
import binascii
from typing import Any

from mtc import store
from mtc.api import names
from mtc.engine.errors import LocationTrouble
from mtc.kube import resources
from mtc.kube.client import Client, Object


async def find(cluster: Client, namespace: str, name: str) -> Object:
    """The BackupStorageLocation. Raises LocationTrouble when it does not exist."""
    found = await cluster.find(resources.BACKUP_STORAGE_LOCATIONS, name, namespace=namespace)
    if found is None:
        msg = f"BackupStorageLocation {namespace}/{name} does not exist on cluster {cluster.name}. Create it or name another one."
        raise LocationTrouble(msg)
    return found


async def default(cluster: Client, namespace: str) -> Object | None:
    """The location marked as default, or the only one there is."""
    found = await cluster.list_all(resources.BACKUP_STORAGE_LOCATIONS, namespace=namespace)
    marked = [item for item in found if item.get("spec", {}).get("default")]
    return marked[0] if marked else (found[0] if len(found) == 1 else None)


async def read(cluster: Client, bsl: Object) -> store.Location:
    """The location with credential and CA read from the cluster.

    Raises:
        LocationTrouble: a Secret or a key of it is missing.
    """
    spec, meta = bsl.get("spec") or {}, bsl["metadata"]
    label = f"BackupStorageLocation {meta['namespace']}/{meta['name']}"
    storage = spec.get("objectStorage") or {}
    if not storage.get("bucket"):
        msg = f"{label} has no objectStorage.bucket. Set it to the name of the bucket."
        raise LocationTrouble(msg)
    provider = str(spec.get("provider") or "").removeprefix("velero.io/")
    return store.Location(
        name=label,
        provider=provider,
        bucket=storage["bucket"],
        prefix=str(storage.get("prefix") or "").strip("/"),
        config={key: str(value) for key, value in (spec.get("config") or {}).items()},
        credential=await _credential(cluster, meta["namespace"], label, provider, spec.get("credential")),
        ca=await _ca(cluster, meta["namespace"], label, storage),
    )


async def open_store(cluster: Client, namespace: str, name: str) -> store.Store:
    """The store of a location by name. Raises LocationTrouble and StoreError."""
    return store.open_location(await read(cluster, await find(cluster, namespace, name)))


async def _credential(cluster: Client, namespace: str, label: str, provider: str, selector: Any) -> bytes | None:
    if selector and selector.get("name"):
        return await _secret_key(cluster, namespace, label, selector["name"], selector.get("key") or names.CLOUD_SECRET_KEY)
    default_name = names.CLOUD_SECRETS.get(provider)
    if default_name is None:
        return None
    secret = await cluster.find(resources.SECRETS, default_name, namespace=namespace)
    if secret is None:
        return None
    return _decoded(secret, names.CLOUD_SECRET_KEY, label)


async def _ca(cluster: Client, namespace: str, label: str, storage: dict[str, Any]) -> bytes | None:
    reference = storage.get("caCertRef")
    if reference and storage.get("caCert"):
        msg = f"{label} has both caCert and caCertRef. Keep one of them."
        raise LocationTrouble(msg)
    if reference:
        return await _secret_key(cluster, namespace, label, reference["name"], reference.get("key") or names.CLOUD_SECRET_CA_KEY)
    if not storage.get("caCert"):
        return None
    try:
        return base64.b64decode(storage["caCert"], validate=True)
    except binascii.Error as error:
        msg = f"objectStorage.caCert of {label} is not base64. Encode the PEM certificates with `base64 -w0`."
        raise LocationTrouble(msg) from error


async def _secret_key(cluster: Client, namespace: str, label: str, name: str, key: str) -> bytes:
    secret = await cluster.find(resources.SECRETS, name, namespace=namespace)
    if secret is None:
        msg = f"{label} names Secret {namespace}/{name}, which does not exist on cluster {cluster.name}. Create it."
        raise LocationTrouble(msg)
    value = _decoded(secret, key, label)
    if value is None:
        msg = f"{label} names key {key!r} of Secret {namespace}/{name}, which does not have it. Add it or name another key."
        raise LocationTrouble(msg)
    return value


def _decoded(secret: Object, key: str, label: str) -> bytes | None:
    encoded = (secret.get("data") or {}).get(key)
    if encoded is None:
        return None
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        msg = f"Key {key!r} of the Secret of {label} is not base64."
        raise LocationTrouble(msg) from error
