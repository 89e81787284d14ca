"""The controller of the host cluster: which kind is stepped by what.

Each kind has a loop of its own, so that slow steps of one kind never hold up another.
"""

import asyncio
from collections.abc import Iterable

from prometheus_client.core import Metric

from mtc.kube import resources
from mtc.kube.client import Client
from mtc.kube.mirrors import Mirrors
from mtc.kube.resources import ResourceType
from mtc.kube.served import ServedKinds
from mtc.migration import (
    events,
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
from mtc.operator import metrics
from mtc.operator.declared import Declared, Pass
from mtc.operator.direct import DirectCopies
from mtc.operator.loop import MANY_WORKERS, Loop, Ref
from mtc.operator.settings import CurrentSettings
from mtc.telemetry import metrics as telemetry

# The name of no object: the sweep over all clusters.
_ALL = Ref("", "")


async def run(host: Client, *, namespace: str, settings: Live, metrics_port: int | None = None) -> None:
    """Runs the controller until cancelled.

    Args:
        host: the cluster of the Mig* objects.
        namespace: where they are, and where the toolkit lives on every cluster.
        settings: as far as the environment tells them; kept current from here on.
        metrics_port: where metrics are told; None for nowhere.
    """
    served, outbox = ServedKinds(Mirrors(shapes.SHAPES)), events.Outbox()

    async def counted() -> list[Metric]:
        return await metrics.read(host, served, namespace=namespace)

    telling = telemetry.served(metrics_port, "controller", counted)
    async with Clusters(host) as clusters, telling, asyncio.TaskGroup() as group:
        group.create_task(served.mirrors.run())
        group.create_task(outbox.run())
        context = plan_facts.Context(clusters=clusters, settings=settings, namespace=namespace, tell=outbox.emit_conditions)
        parts = declarations(context, served)
        runner, migrations = _migrations(clusters, namespace, settings)
        direct = DirectCopies(clusters, namespace=namespace, settings=settings)

        async def changed() -> None:
            runner.places.look_again()
            await _look_again(parts)

        current = CurrentSettings(host, served, namespace=namespace, live=settings, changed=changed)
        group.create_task(current.run())
        await current.read.wait()
        for part in parts:
            group.create_task(part.loop.run())
        group.create_task(runner.run())
        group.create_task(migrations.run())
        group.create_task(direct.run())
        group.create_task(_sweep(clusters, namespace))


async def _look_again(parts: Iterable[Declared]) -> None:
    for part in parts:
        await part.wake_all()


def declarations(context: plan_facts.Context, served: ServedKinds) -> list[Declared]:
    """The loops over MigClusters, MigStorages, MigHooks, MigAnalytics and MigPlans."""
    clusters, settings, namespace = context.clusters, context.settings, context.namespace
    host = clusters.host
    passes: dict[ResourceType, Pass] = {
        resources.MIG_CLUSTERS: lambda ref, _: reconcile_cluster.step(ref, clusters=clusters, namespace=namespace),
        resources.MIG_STORAGES: lambda ref, _: reconcile_storage.step(ref, host=host),
        resources.MIG_HOOKS: lambda ref, _: reconcile_hook.step(ref, host=host),
        resources.MIG_ANALYTICS: lambda ref, readings: reconcile_analytic.step(
            ref, clusters=clusters.through(readings), settings=settings, namespace=namespace
        ),
        resources.MIG_PLANS: lambda ref, readings: reconcile_plan.step(ref, context=context, readings=readings),
    }
    return [
        Declared(host, kind, step, namespace=namespace, served=served, hurries=kind == resources.MIG_CLUSTERS)
        for kind, step in passes.items()
    ]


def _migrations(clusters: Clusters, namespace: str, settings: Live) -> tuple[Runner, Loop]:
    """What steps migrations; what one waits for on any cluster wakes it."""
    runner = Runner(
        clusters=clusters,
        namespace=namespace,
        wake=lambda ref: loop.wake(ref),  # noqa: PLW0108 - made below
        settings=lambda: settings.current,
    )
    loop = Loop(clusters.host, resources.MIG_MIGRATIONS, runner.step, namespace=namespace, workers=MANY_WORKERS)
    return runner, loop


async def _sweep(clusters: Clusters, namespace: str) -> None:
    """Clears away what deleted plans left: at the start, when a plan is deleted, and now and then."""

    async def step(ref: Ref) -> float | None:
        if ref != _ALL:
            loop.wake(_ALL)
            return None
        await orphans.sweep(clusters, namespace=namespace)
        return orphans.INTERVAL_S

    loop = Loop(clusters.host, resources.MIG_PLANS, step, namespace=namespace, on={"DELETED"})
    loop.wake(_ALL)
    await loop.run()
