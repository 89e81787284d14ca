"""A migration stage for images: clusters with ImageStreams, a MigStorage, a plan that copies images indirectly, and who runs registries.

async with image_worlds.stage(host, remote, s3) as world, image_worlds.kubelets(world) as nodes:
await world.migrate("one", stage=True)
nodes.states["remote"] = image_worlds.waiting("CrashLoopBackOff", "exit 1")      # what the source's registry comes to
await nodes.look_again()
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from kit import migrations, planes, s3, streams
from kit.migrations import World
from mtc.api import names
from mtc.kube import errors, resources, watch
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType

IMAGE = "registry.example/registry:2"
SELECTOR = f"{names.MIGRATION_REGISTRY_LABEL}=True"
PARTS = (resources.SECRETS, resources.DEPLOYMENTS, resources.SERVICES)


@asynccontextmanager
async def stage(
    host: Client,
    remote: Client,
    server: s3.S3Server,
    *,
    own: tuple[str, str] = ("127.0.0.1:1", "127.0.0.1:2"),
    is_engine_real: bool = False,
) -> AsyncIterator[World]:
    """The stage, with a plan `shop`.

    Args:
        host: the target.
        remote: the source.
        server: where the storage is.
        own: the registries of source and target.
        is_engine_real: whether real engines work in place of a played one.
    """
    async with AsyncExitStack() as stack:
        for cluster, registry in zip((remote, host), own, strict=True):
            await stack.enter_async_context(streams.openshift(cluster, registry))
        world = await stack.enter_async_context(migrations.stage(host, remote, is_engine_real=is_engine_real))
        for cluster in world.distinct:
            data = {"REGISTRY_IMAGE": IMAGE, "REGISTRY_READINESS_TIMEOUT": "7", "REGISTRY_LIVENESS_TIMEOUT": "9"}
            await cluster.patch(resources.CONFIG_MAPS, names.CLUSTER_CONFIG_MAP, {"data": data}, namespace=world.namespace)
        location = server.location()
        keys = planes.s3_credentials(s3.SECRET_KEY, key=s3.ACCESS_KEY)
        await world.make(host, resources.SECRETS, "creds", namespace=world.namespace, data=keys)
        config = {
            "awsBucketName": location.bucket,
            "awsS3Url": server.url,
            "awsRegion": s3.REGION,
            "credsSecretRef": {"name": "creds", "namespace": world.namespace},
        }
        spec = {"backupStorageProvider": "aws", "backupStorageConfig": config}
        await world.make(host, resources.MIG_STORAGES, "repo", namespace=world.namespace, spec=spec)
        yield world


async def declare(world: World, *, volumes: list[str] | None = None, mapping: str = "", **spec: Any) -> None:
    """The clusters and the plan."""
    reference = {"name": "repo", "namespace": world.namespace}
    await world.declare(volumes=volumes or [], mapping=mapping, migStorageRef=reference, indirectImageMigration=True, **spec)


async def parts(world: World, cluster: Client) -> dict[str, list[Object]]:
    """What there is of registries on a cluster, by kind."""
    return {kind.kind: await cluster.list_all(kind, namespace=world.namespace, label_selector=SELECTOR) for kind in PARTS}


async def until_gone(world: World) -> None:
    """Returns when nothing of a registry is left on either cluster: what is deleted in the foreground takes a moment."""
    for cluster in world.distinct:
        for kind in (*PARTS, resources.PODS):
            await until(world, cluster, kind, lambda items: not items)


async def until(world: World, cluster: Client, kind: ResourceType, wanted: Callable[[list[Object]], bool]) -> list[Object]:
    """The parts of registries of a kind as soon as they are as wanted."""
    there = planes.World(cluster, cluster, world.namespace)
    return await there.until_list(kind, wanted, cluster=cluster, label_selector=SELECTOR)


def waiting(reason: str, message: str = "") -> Object:
    """A container that does not run."""
    return {"ready": False, "restartCount": 0, "state": {"waiting": {"reason": reason, "message": message}}}


RUNS: Object = {"ready": True, "restartCount": 0, "state": {"running": {"startedAt": "2026-01-01T10:00:00Z"}}}


@dataclass
class Kubelets:
    """Who says how registries are.

    Attributes:
        world: the stage.
        states: what the container of a cluster's registry comes to, by the name of the cluster; without one it runs.
        begin: starts a real registry for a pod.
    """

    world: World
    states: dict[str, Object] = field(default_factory=dict)
    begin: Callable[[Client, Object], Awaitable[None]] | None = None

    async def look_again(self) -> None:
        """Says of all pods how they are now."""
        for cluster in self.world.distinct:
            for pod in await cluster.list_all(resources.PODS, namespace=self.world.namespace, label_selector=SELECTOR):
                await self._say(cluster, pod)

    async def follow(self, cluster: Client) -> None:
        """Says of each pod how it is as soon as it is there."""
        async for event in watch.watch(cluster, resources.PODS, namespace=self.world.namespace, label_selector=SELECTOR):
            if event.type == "ADDED":
                with suppress(errors.Conflict, errors.NotFound):
                    await self._say(cluster, event.object)

    async def _say(self, cluster: Client, pod: Object) -> None:
        state = self.states.get(cluster.name, RUNS)
        if state is RUNS and self.begin is not None:
            await self.begin(cluster, pod)
        entry = {"name": "registry", "image": IMAGE, "imageID": "", **state}
        body = {"status": {"phase": "Running" if state is RUNS else "Pending", "containerStatuses": [entry]}}
        await cluster.patch(resources.PODS, pod["metadata"]["name"], body, namespace=self.world.namespace, subresource="status")


@asynccontextmanager
async def kubelets(world: World, *, begin: Callable[[Client, Object], Awaitable[None]] | None = None) -> AsyncIterator[Kubelets]:
    """Registries come to run, until the block ends."""
    nodes = Kubelets(world, begin=begin)
    tasks = [asyncio.create_task(nodes.follow(cluster)) for cluster in world.distinct]
    try:
        yield nodes
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        assert all(task.cancelled() for task in tasks), [task.exception() for task in tasks if not task.cancelled()]


async def variables(cluster: Client, pod: Object) -> dict[str, str]:
    """The environment that a kubelet would give to the registry of a pod."""
    (container,) = pod["spec"]["containers"]
    found = {}
    for entry in container["env"]:
        source = (entry.get("valueFrom") or {}).get("secretKeyRef")
        if source:
            secret = await cluster.get(resources.SECRETS, source["name"], namespace=pod["metadata"]["namespace"])
            found[entry["name"]] = base64.b64decode(secret["data"][source["key"]]).decode()
        else:
            found[entry["name"]] = entry.get("value", "")
    return found
