"""The controller of the host cluster: which kind is stepped by what.

Each kind has a loop of its own, so that slow steps of one kind never hold up another.
"""

import asyncio
from collections.abc import Awaitable, Callable

from mtc.api import base
from mtc.kube import resources
from mtc.kube.client import Client
from mtc.migration import orphans, plan_facts, reconcile_cluster, reconcile_plan, reconcile_storage
from mtc.migration.clusters import Clusters
from mtc.migration.runner import Runner
from mtc.migration.settings import Settings
from mtc.migration.topics import Result
from mtc.operator.loop import Loop, Ref
from mtc.operator.subscriptions import Subscriptions

# Steps wait for networks most of the time: many objects with a cluster that hangs must not keep the others waiting.
_WORKERS = 64

# The name of no object: the sweep over all clusters.
_ALL = Ref("", "")

Pass = Callable[[base.Ref], Awaitable[Result]]


class Declared:
    """A loop over declarations whose steps name what they depend on.

    Args:
        host: where the objects live.
        kind: their type.
        step: one pass over one of them.
        namespace: where they are.
    """

    def __init__(self, host: Client, kind: resources.ResourceType, step: Pass, *, namespace: str) -> None:
        self._pass = step
        self.loop = Loop(host, kind, self._step, namespace=namespace, workers=_WORKERS)
        self.subscriptions = Subscriptions(lambda ref, after_s: self.loop.wake(ref, after_s=after_s))

    async def run(self) -> None:
        """Runs until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.subscriptions.run())
            group.create_task(self.loop.run())

    async def _step(self, ref: Ref) -> float | None:
        result = await self._pass(base.Ref(ref.namespace, ref.name))
        self.subscriptions.follow(ref, result.topics)
        return result.after_s


async def run(host: Client, *, namespace: str, settings: Settings) -> None:
    """Runs the controller until cancelled.

    Args:
        host: the cluster of the Mig* objects.
        namespace: where they are, and where the toolkit lives on every cluster.
        settings: of the controller.
    """
    async with Clusters(host) as clusters, asyncio.TaskGroup() as group:
        for part in declarations(clusters, namespace=namespace, settings=settings):
            group.create_task(part.run())
        group.create_task(_migrate(clusters, namespace))
        group.create_task(_sweep(clusters, namespace))


def declarations(clusters: Clusters, *, namespace: str, settings: Settings) -> list[Declared]:
    """The loops over MigClusters, MigStorages and MigPlans."""
    host = clusters.host
    context = plan_facts.Context(clusters=clusters, settings=settings, namespace=namespace)
    return [
        Declared(
            host,
            resources.MIG_CLUSTERS,
            lambda ref: reconcile_cluster.step(ref, clusters=clusters, namespace=namespace),
            namespace=namespace,
        ),
        Declared(host, resources.MIG_STORAGES, lambda ref: reconcile_storage.step(ref, host=host), namespace=namespace),
        Declared(host, resources.MIG_PLANS, lambda ref: reconcile_plan.step(ref, context=context), namespace=namespace),
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
