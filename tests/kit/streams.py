"""ImageStreams on clusters that are no OpenShift: their definition, the registry that such a cluster has, and streams with images.

async with streams.openshift(cluster, registry.host):
    await streams.make(cluster, "shop", "web", registry, {"latest": [new, old]})
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from kit import planes
from mtc.kube import codec, errors, resources, watch
from mtc.kube.client import Client, Object

_SETTINGS = "openshift-apiserver"


@asynccontextmanager
async def openshift(cluster: Client, host: str) -> AsyncIterator[None]:
    """ImageStreams are served, and the cluster's own registry has that address, until the block ends."""
    kind = resources.IMAGE_STREAMS
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    definition = {
        "group": kind.group,
        "scope": "Namespaced",
        "names": {"kind": kind.kind, "plural": kind.plural, "singular": kind.kind.lower(), "listKind": f"{kind.kind}List"},
        "versions": [{"name": kind.version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
    }
    name = f"{kind.plural}.{kind.group}"
    body = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": name}, "spec": definition}
    await cluster.create(resources.CUSTOM_RESOURCE_DEFINITIONS, body)
    await planes.established(cluster)
    with suppress(errors.AlreadyExists):
        await planes.make_namespace(cluster, _SETTINGS)
    policy = {"imagePolicyConfig": {"internalRegistryHostname": host}}
    settings = {"metadata": {"name": "config", "namespace": _SETTINGS}, "data": {"config.yaml": codec.dumps(policy).decode()}}
    await cluster.create(resources.CONFIG_MAPS, settings)
    placing = asyncio.create_task(_place(cluster, host))
    try:
        yield
    finally:
        placing.cancel()
        await asyncio.wait([placing])
        assert placing.cancelled(), placing.exception()
        await cluster.delete(resources.NAMESPACES, _SETTINGS)
        await cluster.delete(resources.CUSTOM_RESOURCE_DEFINITIONS, name)
        # Who makes them next must not find them on their way out.
        everywhere = planes.World(cluster, cluster, "")
        for made in (resources.NAMESPACES, resources.CUSTOM_RESOURCE_DEFINITIONS):
            await everywhere.until_list(
                made, lambda items: not {name, _SETTINGS} & {item["metadata"]["name"] for item in items}, cluster=cluster
            )


async def _place(cluster: Client, host: str) -> None:
    """Gives each stream its place in the registry, as OpenShift's API server does."""
    async for event in watch.watch(cluster, resources.IMAGE_STREAMS):
        if event.type == "ADDED" and not (event.object.get("status") or {}).get("dockerImageRepository"):
            meta = event.object["metadata"]
            status = {"status": {"dockerImageRepository": f"{host}/{meta['namespace']}/{meta['name']}"}}
            with suppress(errors.NotFound):
                await cluster.patch(resources.IMAGE_STREAMS, meta["name"], status, namespace=meta["namespace"])


async def make(
    cluster: Client, namespace: str, name: str, host: str, tags: Mapping[str, list[str]], *, spec: Object | None = None, **metadata: Any
) -> Object:
    """A stream whose images are in a registry.

    Args:
        cluster: where.
        namespace: where there.
        name: of the stream.
        host: the registry.
        tags: the digests of each tag, the newest first; one with a path in front is somewhere else.
        spec: of the stream.
        metadata: more of its metadata.
    """
    own = f"{host}/{namespace}/{name}"
    listed = [
        {
            "tag": tag,
            "items": [
                {"image": digest.rpartition("@")[2], "dockerImageReference": digest if "@" in digest else f"{own}@{digest}"}
                for digest in digests
            ],
        }
        for tag, digests in tags.items()
    ]
    body = {
        "apiVersion": "image.openshift.io/v1",
        "kind": "ImageStream",
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": spec or {"lookupPolicy": {"local": False}},
        "status": {"dockerImageRepository": own, "tags": listed},
    }
    return await cluster.create(resources.IMAGE_STREAMS, body)
