"""A backup engine on a real control plane with a bucket of its own, for stories about Backups and Restores."""

import asyncio
import base64
import itertools
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from kit import planes, s3
from mtc import store
from mtc.kube import resources, watch
from mtc.kube.client import Client, Object
from mtc.operator import engine

_numbers = itertools.count(1)


class Server(Protocol):
    """What makes buckets."""

    def location(self) -> store.Location:
        """A location in a bucket of its own."""


FINISHED = frozenset({"Completed", "PartiallyFailed", "Failed", "FailedValidation"})


@dataclass
class Station:
    """A namespace with a storage location, and an engine that can be stopped and started.

    Attributes:
        cluster: where it works.
        namespace: where its objects are.
        location: of its bucket.
    """

    cluster: Client
    namespace: str
    location: store.Location
    _running: "asyncio.Task[None] | None" = field(default=None, repr=False)

    @property
    def bucket(self) -> store.Store:
        """What the engine writes."""
        return store.open_location(self.location)

    def start(self) -> None:
        """Starts the engine."""
        self._running = asyncio.create_task(engine.run(self.cluster, namespace=self.namespace, helper_image="mtc", concurrency=20))

    async def stop(self) -> None:
        """Ends the engine in the middle of whatever it does."""
        if self._running:
            self._running.cancel()
            await asyncio.wait([self._running])
            self._running = None

    async def locate(self, *, name: str = "default", secret: str = "", credential: bytes | None = None, **spec: Any) -> None:
        """A BackupStorageLocation for the bucket, with a credential of its own; for S3 another secret makes another credential."""
        given = s3.credential(s3.ACCESS_KEY, secret) if secret else credential or self.location.credential or b""
        data = {"cloud": base64.b64encode(given).decode()}
        await self.make(resources.SECRETS, f"{name}-cloud", data=data)
        storage = {"bucket": self.location.bucket, "prefix": self.location.prefix}
        content = {
            "provider": self.location.provider,
            "config": dict(self.location.config),
            "credential": {"name": f"{name}-cloud", "key": "cloud"},
            "objectStorage": storage,
            "default": True,
            **spec,
        }
        await self.make(resources.BACKUP_STORAGE_LOCATIONS, name, spec=content)

    async def make(self, kind: resources.ResourceType, name: str, **content: Any) -> Object:
        """Creates an object beside the engine."""
        body = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name, "namespace": self.namespace}, **content}
        return await self.cluster.create(kind, body)

    async def backup(self, name: str, **spec: Any) -> Object:
        """Makes a Backup and waits for its end."""
        await self.make(resources.BACKUPS, name, spec=spec)
        return await self.ended(resources.BACKUPS, name)

    async def restore(self, name: str, **spec: Any) -> Object:
        """Makes a Restore and waits for its end."""
        await self.make(resources.RESTORES, name, spec=spec)
        return await self.ended(resources.RESTORES, name)

    async def ended(self, kind: resources.ResourceType, name: str) -> Object:
        """The Backup or Restore when it has ended."""
        return await self.until(kind, name, lambda item: phase(item) in FINISHED)

    async def until(self, kind: resources.ResourceType, name: str, wanted: Any, *, timeout_s: float = 60) -> Object:
        """The object as soon as it is as wanted."""
        world = planes.World(self.cluster, self.cluster, self.namespace)
        return await world.until(kind, name, wanted, timeout_s=timeout_s)


def phase(item: Object) -> str:
    """`status.phase`."""
    return str((item.get("status") or {}).get("phase") or "")


@asynccontextmanager
async def station(cluster: Client, server: Server) -> AsyncIterator[Station]:
    """An engine that runs, with a location whose bucket is empty."""
    namespace = f"engine-{next(_numbers)}"
    await planes.make_namespace(cluster, namespace)
    made = Station(cluster, namespace, server.location())
    made.start()
    try:
        yield made
    finally:
        await made.stop()


async def fill(cluster: Client, namespace: str, count: int) -> None:
    """ConfigMaps to back up."""
    places = asyncio.Semaphore(32)

    async def one(number: int) -> None:
        async with places:
            body = {"metadata": {"name": f"item-{number}", "namespace": namespace}, "data": {"number": str(number), "text": "設定 ✓ <&>"}}
            await cluster.create_raw(resources.CONFIG_MAPS, body)

    async with asyncio.TaskGroup() as group:
        for number in range(count):
            group.create_task(one(number))


async def config_maps(cluster: Client, namespace: str) -> dict[str, dict[str, str]]:
    """Data of the ConfigMaps of a namespace, without those that the cluster makes."""
    found = await cluster.list_all(resources.CONFIG_MAPS, namespace=namespace)
    return {item["metadata"]["name"]: item.get("data") or {} for item in found if item["metadata"]["name"] != "kube-root-ca.crt"}


async def until_gone(cluster: Client, kind: resources.ResourceType, names: Iterable[str], *, namespace: str) -> None:
    """Waits until objects are gone."""
    cache = watch.Cache(cluster, kind, namespace=namespace)
    running = asyncio.create_task(cache.run())
    try:
        assert await cache.wait(lambda: not any(f"{namespace}/{name}" in cache.objects for name in names), timeout_s=60)
    finally:
        running.cancel()
