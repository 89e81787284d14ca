"""The clusters that a person can look into: the one of the kubeconfig, and those that its MigClusters lead to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from mtc.api import names
from mtc.api.migration.migcluster import MigCluster
from mtc.errors import MtcError
from mtc.kube import resources
from mtc.kube.client import Client
from mtc.kube.resources import ResourceType
from mtc.migration.clusters import Clusters

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
    """

    name: str
    client: Client
    is_host: bool = False


@dataclass(frozen=True)
class Sites:
    """All of them.

    Attributes:
        all: the host first, the others by name.
        troubles: what could not be asked, in words; it grows while one looks.
    """

    all: tuple[Site, ...]
    troubles: list[str] = field(default_factory=list)

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
        return Sites((site,), self.troubles)

    def with_kind(self, kind: ResourceType) -> "Sites":
        """Those that have objects of a kind: Mig* objects are on the host only, and tokens of the others may not read them."""
        hosts = tuple(site for site in self.all if site.is_host)
        return Sites(hosts, self.troubles) if kind.group == names.MIGRATION_GROUP and hosts else self

    async def each(self, work: Callable[[Site], Awaitable[_T]]) -> list[tuple[Site, _T]]:
        """The results of work on every cluster, at once; one that fails is a trouble and has no result."""

        async def one(site: Site) -> tuple[Site, _T] | None:
            try:
                async with asyncio.timeout(_DEADLINE_S):
                    return site, await work(site)
            except MtcError as error:
                self.troubles.append(f"cluster {site.name}: {error}")
            except TimeoutError:
                self.troubles.append(
                    f"cluster {site.name}: no answer within {_DEADLINE_S:.0f} seconds. Look at it with kubectl, or try again."
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
