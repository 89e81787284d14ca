"""An installation whose ways to API servers and bucket can break: a controller and an engine on each cluster, all real, no pods.

async with shaky.installation(host, remote, s3) as shaky_world:
shaky_world.ways["source"].breaks(faults.PARTITION)
"""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from kit import engines, faults, planes
from kit.faults import Way
from kit.planes import World
from kit.s3 import S3Server
from mtc.kube import access, resources
from mtc.kube.client import Client, Object
from mtc.migration.scope import COMPLETED
from mtc.migration.settings import Live
from mtc.operator import controller, engine

_numbers = itertools.count(1)
#: Who goes which way: the controller to both clusters, each engine to its own, and all of them to the bucket.
HOST, SOURCE, SOURCE_ENGINE, TARGET_ENGINE, BUCKET = "host", "source", "source-engine", "target-engine", "bucket"
PLACES = (HOST, SOURCE, SOURCE_ENGINE, TARGET_ENGINE, BUCKET)
_OBJECTS = 40
_OVER_S = 120


@dataclass(frozen=True)
class Shaky:
    """The installation.

    Attributes:
        world: its clusters and declarations.
        ways: by place.
    """

    world: World
    ways: dict[str, Way]

    async def application(self, word: str) -> str:
        """A namespace with objects in the source, and a plan for it that is ready; the name of both."""
        world, name = self.world, f"{self.world.namespace}-{word}-{next(_numbers)}"
        await planes.make_namespace(world.remote, name)
        await engines.fill(world.remote, name, _OBJECTS)
        await world.declare_plan(name, [name], indirectImageMigration=True)
        await world.until(resources.MIG_PLANS, name, planes.is_ready, timeout_s=60)
        return name

    async def start(self, plan: str, **spec: Any) -> None:
        """A migration of the plan, of the same name."""
        content = {"migPlanRef": self.world.reference(plan), "stage": False, "quiescePods": True, **spec}
        await self.world.make(resources.MIG_MIGRATIONS, plan, spec=content)

    async def over(self, name: str) -> Object:
        """The migration when it has ended."""
        return await self.world.until(resources.MIG_MIGRATIONS, name, lambda item: engines.phase(item) == COMPLETED, timeout_s=_OVER_S)

    async def moved(self, name: str) -> bool:
        """Whether everything of a namespace is in the target as it is in the source."""
        return await engines.config_maps(self.world.host, name) == await engines.config_maps(self.world.remote, name) != {}


@asynccontextmanager
async def installation(host: Client, remote: Client, s3: S3Server) -> AsyncIterator[Shaky]:
    """Namespaces of its own on both clusters, and all processes, each on a way of its own."""
    world = World(host, remote, f"shaky-{next(_numbers)}")
    for client in (host, remote):
        await planes.make_namespace(client, world.namespace)
    async with AsyncExitStack() as stack:
        servers = {HOST: host, SOURCE: remote, SOURCE_ENGINE: remote, TARGET_ENGINE: host}
        ways = {place: await stack.enter_async_context(faults.before(cluster.access.server)) for place, cluster in servers.items()}
        ways[BUCKET] = await stack.enter_async_context(faults.before(s3.url, as_s3=True))
        controllers = await planes.needful_token(host, world.namespace, "controller", host=True)
        own = await stack.enter_async_context(Client(access.from_token(ways[HOST].url, controllers), name=host.name))
        works = [controller.run(own, namespace=world.namespace, settings=Live())]
        for place, cluster in ((SOURCE_ENGINE, remote), (TARGET_ENGINE, host)):
            token = await planes.token(cluster, world.namespace, "engine", may="cluster-admin")
            client = await stack.enter_async_context(Client(access.from_token(ways[place].url, token), name=cluster.name))
            works.append(engine.run(client, namespace=world.namespace, helper_image="mtc", concurrency=4))
        tasks = [asyncio.create_task(work) for work in works]
        try:
            await world.declare_clusters(url=ways[SOURCE].url)
            await world.declare_storage(s3, url=ways[BUCKET].url)
            yield Shaky(world, ways)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            assert all(task.cancelled() for task in tasks), [task.exception() for task in tasks if not task.cancelled()]
