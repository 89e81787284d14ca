"""Keys and settings of a copy: made once on the host cluster, and put into each namespace for the pods there."""

import base64
import hashlib
from collections.abc import Mapping
from urllib.parse import urlsplit

import orjson

from mtc.api import names
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.migration import parallel
from mtc.migration.direct.volumes import endpoints, keys, pods, security, settings_files
from mtc.migration.direct.volumes.keys import Keys
from mtc.migration.direct.volumes.scope import Scope, target_of


async def make_keys(scope: Scope) -> Keys:
    """The keys of this copy, made where there are none yet."""
    name = names.rsync_password_secret_name(scope.dvm.name)
    found = await scope.host.find(resources.SECRETS, name, namespace=scope.dvm.namespace)
    if found is not None and _is_ours(found, scope) and (known := Keys.from_data(_decoded(found))):
        return known
    made = keys.make(now=scope.now)
    body = _secret(scope.dvm.namespace, name, scope.owned, made.to_data(), kind="kubernetes.io/basic-auth")
    body["metadata"]["ownerReferences"] = [scope.owner]
    await _put(scope.host, body, found)
    return made


async def put(scope: Scope, known: Keys, endpoint: str) -> None:
    """Puts into each namespace what its pods need; the ways into the target must be known by now."""
    await parallel.gather(
        [
            *(_put_receiver(scope, known, namespace) for namespace in dict.fromkeys(scope.pairs.values())),
            *(_put_sender(scope, known, source, target, endpoint) for source, target in scope.pairs.items()),
        ]
    )


async def _put_receiver(scope: Scope, known: Keys, namespace: str) -> None:
    labels = (await scope.target.get(resources.NAMESPACES, namespace))["metadata"].get("labels") or {}
    rights = security.rights(labels, scope.of_target, scope.asked, groups=scope.settings.target_supplemental_groups)
    modules = [settings_files.module_of(claim) for claim in scope.claims if target_of(claim)[0] == namespace]
    files = settings_files.server_files(namespace, modules, known, is_root=rights.is_root, verify=scope.verify_level)
    await _put_secret(scope.target, scope, namespace, pods.SERVER_FILES, files)


async def _put_sender(scope: Scope, known: Keys, source: str, target: str, endpoint: str) -> None:
    address = await endpoints.find(scope, endpoint, target)
    if isinstance(address, str):
        return
    proxy = urlsplit(scope.settings.stunnel_tcp_proxy) if scope.settings.stunnel_tcp_proxy else None
    files = settings_files.sender_files(address.host, address.port, known, verify=scope.verify_level, proxy=proxy)
    await _put_secret(scope.source, scope, source, pods.SENDER_FILES, files)


async def _put_secret(cluster: Client, scope: Scope, namespace: str, name: str, data: Mapping[str, str]) -> None:
    body = _secret(namespace, name, scope.owned, data)
    found = await cluster.find(resources.SECRETS, name, namespace=namespace)
    if found is None or not _is_ours(found, scope) or _decoded(found) != dict(data):
        await _put(cluster, body, found)


async def _put(cluster: Client, body: Object, found: Object | None) -> None:
    """Creates a Secret; another one of that name is one of an earlier copy, whose keys open nothing any more."""
    meta = body["metadata"]
    if found is not None:
        await cluster.delete(resources.SECRETS, meta["name"], namespace=meta["namespace"])
    try:
        await cluster.create(resources.SECRETS, body)
    except errors.AlreadyExists as error:
        msg = f"Secret {meta['namespace']}/{meta['name']} has been made by somebody else a moment ago."
        raise errors.Unreachable(msg) from error


async def version(scope: Scope, namespace: str) -> str:
    """Digest of the files that the receiving pod of a namespace is to have; "" where they are not there."""
    found = await scope.target.find(resources.SECRETS, pods.SERVER_FILES, namespace=namespace)
    return hashlib.sha256(orjson.dumps(found.get("data"), option=orjson.OPT_SORT_KEYS)).hexdigest()[:16] if found else ""


def _secret(namespace: str, name: str, labels: Mapping[str, str], data: Mapping[str, str], *, kind: str = "Opaque") -> Object:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    meta = {"namespace": namespace, "name": name, "labels": dict(labels)}
    return {"apiVersion": "v1", "kind": "Secret", "type": kind, "metadata": meta, "data": encoded}


def _decoded(secret: Object) -> dict[str, str]:
    return {key: base64.b64decode(value).decode() for key, value in (secret.get("data") or {}).items()}


def _is_ours(item: Object, scope: Scope) -> bool:
    return (item["metadata"].get("labels") or {}).get("directvolumemigration") == scope.uid
