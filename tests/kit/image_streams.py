"""ImageStreams on API servers that do not know them, as OpenShift's do; and MigClusters that show a registry."""

from collections.abc import Mapping, Sequence
from typing import Any

from kit import planes
from kit.planes import World
from kit.registries import Registry
from kit.rows import cluster
from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Client, Object

INTERNAL = "image-registry.openshift-image-registry.svc:5000"
KIND = resources.IMAGE_STREAMS
_DEFINITION = f"{KIND.plural}.{KIND.group}"


async def define(client: Client) -> None:
    """From now on the cluster knows them."""
    kind = resources.CUSTOM_RESOURCE_DEFINITIONS
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    spec = {
        "group": KIND.group,
        "scope": "Namespaced",
        "names": {"kind": KIND.kind, "plural": KIND.plural, "singular": KIND.kind.lower(), "listKind": f"{KIND.kind}List"},
        "versions": [{"name": KIND.version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
    }
    await client.create(kind, {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": _DEFINITION}, "spec": spec})
    await planes.established(client)


async def undefine(client: Client) -> None:
    """It knows them no longer."""
    kind = resources.CUSTOM_RESOURCE_DEFINITIONS
    await client.delete(kind, _DEFINITION)
    everywhere = World(client, client, "")
    await everywhere.until_list(kind, lambda items: _DEFINITION not in {item["metadata"]["name"] for item in items}, cluster=client)


async def make(
    client: Client, app: str, name: str, tags: Mapping[str, Sequence[str]], *, also: Mapping[str, str] | None = None, **labels: str
) -> None:
    """An ImageStream, each of its tags with digests in the order in which they were pushed; `also` has tags that point elsewhere."""
    listed: list[Any] = [{"tag": tag, "items": [_item(app, name, digest) for digest in reversed(digests)]} for tag, digests in tags.items()]
    listed += [{"tag": tag, "items": [{"image": "sha256:0", "dockerImageReference": image}]} for tag, image in (also or {}).items()]
    status = {"dockerImageRepository": f"{INTERNAL}/{app}/{name}", "tags": listed}
    meta = {"name": name, "namespace": app, "labels": labels}
    body: Object = {"apiVersion": KIND.api_version, "kind": KIND.kind, "metadata": meta, "spec": {}, "status": status}
    await client.create(KIND, body)


def _item(app: str, name: str, digest: str) -> dict[str, str]:
    return {"image": digest, "dockerImageReference": f"{INTERNAL}/{app}/{name}@{digest}", "created": "2026-11-01T00:00:00Z"}


async def settings(world: World) -> None:
    """Real registries take the token as it is; those of tests want a login, and are only asked whether they are there."""
    data = {**cluster.VERSION, "REGISTRY_VALIDATION_SUBPATH": "/"}
    meta = {"name": names.CLUSTER_CONFIG_MAP, "namespace": world.namespace}
    for client in (world.host, world.remote):
        await client.apply(resources.CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data})


async def expose(world: World, source: Registry, target: Registry) -> None:
    """The MigClusters show these registries, and are Ready with them."""
    for name, registry in (("remote", source), ("host", target)):
        body = {"spec": {"exposedRegistryPath": registry.host}}
        await world.host.patch(resources.MIG_CLUSTERS, name, body, namespace=world.namespace)
        await world.until(resources.MIG_CLUSTERS, name, lambda item: planes.is_ready(item) and bool(item["status"].get("registryPath")))
