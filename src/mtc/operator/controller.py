"""The controller of the host cluster: which kind is stepped by what.

Each kind has a loop of its own, so that slow steps of one kind never hold up another.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from mtc.api import base
from mtc.kube import resources
from mtc.kube.client import Client, typed
from mtc.kube.mirrors import Follower, Mirrors
from mtc.kube.reading import Readings
from mtc.kube.served import ServedKinds
from mtc.migration import (
    orphans,
    plan_facts,
    reconcile_analytic,
    reconcile_cluster,
    reconcile_hook,
    reconcile_plan,
    reconcile_storage,
    shapes,
)
from mtc.migration.clusters import Clusters
from mtc.migration.runner import Runner
from mtc.migration.settings import Live
from mtc.migration.topics import Result
from mtc.operator.loop import Loop, Ref
from mtc.operator.settings import CurrentSettings

# Steps wait for networks most of the time: many objects with a cluster that hangs must not keep the others waiting.
_WORKERS = 64

# The name of no object: the sweep over all clusters.
_ALL = Ref("", "")

Pass = Callable[[base.Ref, Readings], Awaitable[Result]]


class Shared:
    """What all loops read through: mirrors of collections, and what clusters serve."""

    def __init__(self) -> None:
        self.mirrors = Mirrors(shapes.SHAPES)
        self.served = ServedKinds(self.mirrors)


class Declared:
    """A loop over declarations whose steps name what they depend on.

    Args:
        host: where the objects live.
        kind: their type.
        step: one pass over one of them.
        namespace: where they are.
        shared: what all loops read through.
    """

    def __init__(self, host: Client, kind: resources.ResourceType, step: Pass, *, namespace: str, shared: Shared) -> None:
        self._pass, self._shared = step, shared
        self._host, self._kind, self._namespace = host, kind, namespace
        self.loop = Loop(host, kind, self._step, namespace=namespace, workers=_WORKERS)

    async def run(self) -> None:
        """Runs until cancelled."""
        await self.loop.run()

    async def wake_all(self) -> None:
        """Steps every object of the kind. Raises KubeError."""
        async for page in self._host.pages(self._kind, namespace=self._namespace, metadata_only=True):
            for raw in page.items:
                meta = typed(self._kind, raw)["metadata"]
                self.loop.wake(Ref(meta["namespace"], meta["name"]))

    async def _step(self, ref: Ref) -> float | None:
        follower = Follower((self._kind.plural, ref), lambda after_s: self.loop.wake(ref, after_s=after_s))
        readings = Readings(self._shared.mirrors, self._shared.served, follower)
        result = await self._pass(base.Ref(ref.namespace, ref.name), readings)
        self._shared.mirrors.follow(follower, result.topics)
        return result.after_s


async def run(host: Client, *, namespace: str, settings: Live) -> None:
    """Runs the controller until cancelled.

    Args:
        host: the cluster of the Mig* objects.
        namespace: where they are, and where the toolkit lives on every cluster.
        settings: as far as the environment tells them; kept current from here on.
    """
    shared = Shared()
    async with Clusters(host) as clusters, asyncio.TaskGroup() as group:
        group.create_task(shared.mirrors.run())
        parts = declarations(clusters, namespace=namespace, settings=settings, shared=shared)
        current = CurrentSettings(host, shared.mirrors, namespace=namespace, live=settings, changed=lambda: _look_again(parts))
        group.create_task(current.run())
        await current.read.wait()
        for part in parts:
            group.create_task(part.run())
        group.create_task(_migrate(clusters, namespace))
        group.create_task(_sweep(clusters, namespace))


async def _look_again(parts: Iterable[Declared]) -> None:
    for part in parts:
        await part.wake_all()


def declarations(clusters: Clusters, *, namespace: str, settings: Live, shared: Shared) -> list[Declared]:
    """The loops over MigClusters, MigStorages, MigHooks, MigAnalytics and MigPlans."""
    host = clusters.host
    context = plan_facts.Context(clusters=clusters, settings=settings, namespace=namespace)
    return [
        Declared(
            host,
            resources.MIG_CLUSTERS,
            lambda ref, _: reconcile_cluster.step(ref, clusters=clusters, namespace=namespace),
            namespace=namespace,
            shared=shared,
        ),
        Declared(
            host,
            resources.MIG_STORAGES,
            lambda ref, _: reconcile_storage.step(ref, host=host),
            namespace=namespace,
            shared=shared,
        ),
        Declared(
            host,
            resources.MIG_HOOKS,
            lambda ref, _: reconcile_hook.step(ref, host=host),
            namespace=namespace,
            shared=shared,
        ),
        Declared(
            host,
            resources.MIG_ANALYTICS,
            lambda ref, _: reconcile_analytic.step(ref, clusters=clusters, settings=settings, namespace=namespace),
            namespace=namespace,
            shared=shared,
        ),
        Declared(
            host,
            resources.MIG_PLANS,
            lambda ref, readings: reconcile_plan.step(ref, context=context, readings=readings),
            namespace=namespace,
            shared=shared,
        ),
    ]


async def _migrate(clusters: Clusters, namespace: str) -> None:
    """Steps migrations; what one waits for on any cluster wakes it."""
    runner = Runner(clusters=clusters, namespace=namespace, wake=lambda ref: loop.wake(ref))  # noqa: PLW0108 - made below
    loop = Loop(clusters.host, resources.MIG_MIGRATIONS, runner.step, namespace=namespace, workers=_WORKERS)
    async with asyncio.TaskGroup() as group:
        group.create_task(runner.run())
        group.create_task(loop.run())


async def _sweep(clusters: Clusters, namespace: str) -> None:
    """Clears away what deleted plans left: at the start, when a plan is deleted, and now and then."""

    async def step(ref: Ref) -> float | None:
        if ref != _ALL:
            if await clusters.host.find(resources.MIG_PLANS, ref.name, namespace=ref.namespace) is None:
                loop.wake(_ALL)
            return None
        await orphans.sweep(clusters, namespace=namespace)
        return orphans.INTERVAL_S

    loop = Loop(clusters.host, resources.MIG_PLANS, step, namespace=namespace)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(loop.run())
        # The loop takes work from the moment that it has begun.
        await asyncio.sleep(0)
        loop.wake(_ALL)
        await running
