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
    if found is not None:
        # Of an earlier copy of that name: its keys open nothing any more.
        await scope.host.delete(resources.SECRETS, name, namespace=scope.dvm.namespace)
    await scope.host.create(resources.SECRETS, body)
    return made


async def put(scope: Scope, known: Keys, endpoint: str) -> None:
    """Puts into each namespace what its pods need; the ways into the target must be known by now."""
    receivers = [_put_receiver(scope, known, namespace) for namespace in dict.fromkeys(scope.pairs.values())]
    await parallel.gather([*receivers, *(_put_sender(scope, known, source, target, endpoint) for source, target in scope.pairs.items())])


async def _put_receiver(scope: Scope, known: Keys, namespace: str) -> None:
    await _put(scope.target, scope, namespace, pods.SERVER_FILES, await _of_receiver(scope, known, namespace))


async def _put_sender(scope: Scope, known: Keys, source: str, target: str, endpoint: str) -> None:
    address = await endpoints.find(scope, endpoint, target)
    if not isinstance(address, str):
        await _put(scope.source, scope, source, pods.SENDER_FILES, _of_sender(scope, known, address))


async def _of_receiver(scope: Scope, known: Keys, namespace: str) -> dict[str, str]:
    labels = (await scope.target.get(resources.NAMESPACES, namespace))["metadata"].get("labels") or {}
    rights = security.rights(labels, scope.of_target, scope.asked, groups=scope.settings.target_supplemental_groups)
    modules = [settings_files.module_of(claim) for claim in scope.claims if target_of(claim)[0] == namespace]
    return settings_files.server_files(namespace, modules, known, is_root=rights.is_root, verify=scope.verify_level)


def _of_sender(scope: Scope, known: Keys, address: endpoints.Address) -> dict[str, str]:
    proxy = urlsplit(scope.settings.stunnel_tcp_proxy) if scope.settings.stunnel_tcp_proxy else None
    return settings_files.sender_files(address.host, address.port, known, verify=scope.verify_level, proxy=proxy)


async def version(scope: Scope, namespace: str) -> str:
    """Digest of the files that the receiving pod of a namespace is to have."""
    data = await _of_receiver(scope, await make_keys(scope), namespace)
    return hashlib.sha256(orjson.dumps(data, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


async def take_away(scope: Scope) -> list[str]:
    """Deletes the Secrets in the namespaces; sentences about what a cluster refused."""
    places = [(scope.target, namespace, pods.SERVER_FILES) for namespace in dict.fromkeys(scope.pairs.values())]
    places += [(scope.source, namespace, pods.SENDER_FILES) for namespace in scope.pairs]
    return [text for text in await parallel.gather(_delete(*place) for place in places) if text]


async def _delete(cluster: Client, namespace: str, name: str) -> str:
    try:
        await cluster.delete(resources.SECRETS, name, namespace=namespace)
    except (errors.Forbidden, errors.Invalid) as error:
        return str(error)
    return ""


async def _put(cluster: Client, scope: Scope, namespace: str, name: str, data: Mapping[str, str]) -> None:
    """Creates a Secret in place of one that is there: the controller may not read Secrets of applications, and needs not."""
    body = _secret(namespace, name, scope.owned, data)
    try:
        await cluster.create(resources.SECRETS, body)
    except errors.AlreadyExists:
        await cluster.delete(resources.SECRETS, name, namespace=namespace)
        await cluster.create(resources.SECRETS, body)


def _secret(namespace: str, name: str, labels: Mapping[str, str], data: Mapping[str, str], *, kind: str = "Opaque") -> Object:
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    meta = {"namespace": namespace, "name": name, "labels": dict(labels)}
    return {"apiVersion": "v1", "kind": "Secret", "type": kind, "metadata": meta, "data": encoded}


def _decoded(secret: Object) -> dict[str, str]:
    return {key: base64.b64decode(value).decode() for key, value in (secret.get("data") or {}).items()}


def _is_ours(item: Object, scope: Scope) -> bool:
    return (item["metadata"].get("labels") or {}).get("directvolumemigration") == scope.uid
