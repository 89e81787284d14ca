"""The clusters that a person can look into: the one of the kubeconfig, and those that its MigClusters lead to."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from mtc import store
from mtc.api import names
from mtc.api.migration.migcluster import MigCluster
from mtc.engine import locations
from mtc.errors import MtcError
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration.clusters import Clusters
from mtc.store.errors import StoreError

_T = TypeVar("_T")
#: Of the host cluster as long as no MigCluster describes it.
HOST = "host"
#: A cluster that does not answer must not keep the others waiting for long.
_DEADLINE_S = 20.0


@dataclass(frozen=True)
class Site:
    """A cluster under the name that plans know it by.

    Attributes:
        name: of its MigCluster.
        client: a way into it.
        is_host: whether it has the Mig* objects.
        stored: gives files of the bucket in another way than the engine does, by BackupStorageLocation and key; None for the engine's.
    """

    name: str
    client: Client
    is_host: bool = False
    stored: Callable[[Object, str], Awaitable[bytes]] | None = None

    async def file(self, location: Object, key: str) -> bytes:
        """A file that the engine wrote into the bucket, unpacked.

        Args:
            location: the BackupStorageLocation.
            key: below it, see `mtc.engine.layout`.

        Raises:
            ObjectNotFound: there is no such file.
            StoreError, EngineError, KubeError: it cannot be read.
        """
        if self.stored is not None:
            return await self.stored(location, key)
        packed = await store.open_location(await locations.read(self.client, location)).get(key)
        try:
            return gzip.decompress(packed)
        except (OSError, EOFError, zlib.error) as error:
            raise StoreError(f"{key} in the bucket is no gzip file, or not a whole one ({error}).") from error


@dataclass(frozen=True)
class Sites:
    """All of them.

    Attributes:
        all: the host first, the others by name.
        troubles: what could not be asked, in words; it grows while one looks.
        taken: when they were as they are shown, for an archive; None for clusters that answer.
    """

    all: tuple[Site, ...]
    troubles: list[str] = field(default_factory=list)
    taken: datetime | None = None

    @property
    def now(self) -> datetime:
        """The moment that ages are counted to."""
        return self.taken or datetime.now(UTC)

    @property
    def host(self) -> Site:
        """The one with the Mig* objects."""
        return self.all[0]

    @property
    def names(self) -> str:
        """Their names, for messages."""
        return ", ".join(site.name for site in self.all)

    def where(self, namespace: str) -> str:
        """A namespace of all of them, for messages."""
        return f"namespace {namespace} of {'cluster' if len(self.all) == 1 else 'clusters'} {self.names}"

    def find(self, name: str) -> Site | None:
        """The cluster of that name, None when there is no way into it."""
        return next((site for site in self.all if site.name == name), None)

    def only(self, name: str) -> "Sites":
        """Just one of them. Raises KeyError where there is no such cluster."""
        site = self.find(name)
        if site is None:
            raise KeyError(name)
        return Sites((site,), self.troubles, self.taken)

    def with_kind(self, kind: ResourceType) -> "Sites":
        """Those that have objects of a kind: Mig* objects are on the host only, and tokens of the others may not read them."""
        hosts = tuple(site for site in self.all if site.is_host)
        return Sites(hosts, self.troubles, self.taken) if kind.group == names.MIGRATION_GROUP and hosts else self

    async def each(self, work: Callable[[Site], Awaitable[_T]], *, deadline_s: float | None = _DEADLINE_S) -> list[tuple[Site, _T]]:
        """The results of work on every cluster, at once; one that fails is a trouble and has no result.

        Args:
            work: on one of them.
            deadline_s: how long it may take; None where the work has deadlines of its own.
        """

        async def one(site: Site) -> tuple[Site, _T] | None:
            try:
                async with asyncio.timeout(deadline_s):
                    return site, await work(site)
            except MtcError as error:
                self.troubles.append(f"cluster {site.name}: {error}")
            except TimeoutError:
                self.troubles.append(
                    f"cluster {site.name}: no answer within {deadline_s or 0:.0f} seconds. Look at it with kubectl, or try again."
                )
            return None

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(site)) for site in self.all]
        return [found for task in tasks if (found := task.result()) is not None]


@asynccontextmanager
async def opened(host: Client, namespace: str) -> AsyncIterator[Sites]:
    """The clusters, connected until the block ends.

    Args:
        host: client of the host cluster.
        namespace: of the toolkit.

    Raises:
        KubeError: the host cluster failed.
    """
    async with Clusters(host) as clusters:
        troubles: list[str] = []
        own, others = HOST, []
        for item in await host.list_all(resources.MIG_CLUSTERS, namespace=namespace):
            name = item["metadata"]["name"]
            try:
                declared = MigCluster.from_dict(item)
                if declared.spec.is_host_cluster:
                    own = name
                else:
                    others.append(Site(name, await clusters.open(declared)))
            except MtcError as error:
                troubles.append(f"cluster {name}: {error}")
        yield Sites((Site(own, host, is_host=True), *sorted(others, key=lambda site: site.name)), troubles)
