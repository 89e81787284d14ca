"""Reads what a pass over a MigPlan decides on: first the host cluster, then both clusters of the plan as far as they are Ready."""

import dataclasses
from dataclasses import dataclass, field

from mtc.api import base
from mtc.api.migration.miganalytic import MigAnalytic
from mtc.api.migration.mighook import MigHook
from mtc.api.migration.migmigration import MigMigration
from mtc.api.migration.migplan import MigPlan
from mtc.api.migration.migstorage import MigStorage
from mtc.kube import reading, resources
from mtc.kube.client import Client, Object
from mtc.kube.reading import Reader, Readings
from mtc.migration import events, health, listing, parallel, plan_asides, plan_rights, plan_state, plan_storage, served_kinds, shapes, sides
from mtc.migration import settings as config
from mtc.migration.checks.plan import Kinds, Scope, conflict, parsed_mappings
from mtc.migration.clusters import Clusters
from mtc.migration.shared import Shared
from mtc.migration.volumes import capacity


@dataclass(frozen=True)
class Context:
    """What all passes over plans share.

    Attributes:
        clusters: the clients.
        settings: of the controller, as they change.
        namespace: where the toolkit lives on every cluster.
        shared: facts that are kept for all plans.
        made: locations that were made for them.
        tell: emits the Events of plans.
    """

    clusters: Clusters
    settings: config.Live
    namespace: str
    shared: Shared = field(default_factory=Shared)
    made: plan_storage.Made = field(default_factory=plan_storage.Made)
    tell: events.Tell = events.emit_conditions

    def through(self, readings: Readings) -> "Context":
        """The same for one pass, whose reads are remembered."""
        return dataclasses.replace(self, clusters=self.clusters.through(readings))


async def of_host(plan: MigPlan, context: Context, readings: Readings) -> Scope:
    """The scope with everything that the host cluster knows; nothing is asked of the plan's clusters.

    Args:
        plan: the plan.
        context: of this pass, which reads through the readings.
        readings: of this pass.
    """
    host = readings.of(context.clusters.host)
    source, target = await parallel.gather(
        sides.open_side(reference, context.clusters) for reference in (plan.spec.src_mig_cluster_ref, plan.spec.dest_mig_cluster_ref)
    )
    migrations = await _migrations(host, plan)
    return Scope(
        plan=plan,
        settings=context.settings.current,
        namespace=context.namespace,
        source=source,
        target=target,
        storage=await storage_of(host, plan),
        others=await _others(host, plan),
        migrations=migrations,
        hooks=await _hooks(host, plan),
        analysis=capacity.newest(await _analytics(host, plan)),
        type=plan_state.identify_type(plan, migrations, one_cluster=sides.is_one_cluster(source, target)),
    )


async def _others(host: Reader, plan: MigPlan) -> tuple[MigPlan, ...]:
    """The other plans that work on a namespace of this one; those that are closed only until their last migration has ended."""
    found: dict[str, Object] = {}
    for cluster, namespace in conflict.touched(plan):
        value = shapes.touched(cluster, namespace)
        for item in await host.indexed(resources.MIG_PLANS, shapes.TOUCHED, value, namespace=plan.namespace):
            found[item["metadata"]["uid"]] = item
    others = [MigPlan.from_dict(item) for uid, item in sorted(found.items()) if uid != plan.uid]
    return tuple([other for other in others if not other.spec.closed or plan_state.at_work(await _migrations(host, other))])


async def _migrations(host: Reader, plan: MigPlan) -> tuple[MigMigration, ...]:
    found = await host.indexed(resources.MIG_MIGRATIONS, shapes.PLAN, str(plan.ref), namespace=plan.namespace)
    return tuple(plan_state.newest_first([MigMigration.from_dict(item) for item in found]))


async def _analytics(host: Reader, plan: MigPlan) -> list[MigAnalytic]:
    found = await host.indexed(resources.MIG_ANALYTICS, shapes.PLAN, str(plan.ref), namespace=plan.namespace)
    return [MigAnalytic.from_dict(item) for item in found]


async def storage_of(host: Client, plan: MigPlan) -> MigStorage | None:
    """The MigStorage of a plan, None where it names none or that does not exist."""
    reference = plan.spec.mig_storage_ref
    if reference is None or not reference.is_set:
        return None
    found = await host.find(resources.MIG_STORAGES, reference.ref.name, namespace=reference.ref.namespace)
    return MigStorage.from_dict(found) if found else None


async def _hooks(host: Client, plan: MigPlan) -> dict[base.Ref, MigHook | None]:
    refs = [hook.reference.ref for hook in plan.spec.hooks if hook.reference.is_set]
    found = await parallel.gather(host.find(resources.MIG_HOOKS, ref.name, namespace=ref.namespace) for ref in refs)
    return {ref: MigHook.from_dict(item) if item else None for ref, item in zip(refs, found, strict=True)}


async def of_clusters(scope: Scope, shared: Shared, *, in_full: bool) -> Scope:
    """The scope with what the plan's clusters know; where rights are missing, that only.

    Args:
        scope: from `of_host`.
        shared: facts that are kept for all plans.
        in_full: also rights, pods and served kinds, which a suspended plan does not look for.
    """
    if in_full and (lacking := await plan_rights.look(scope, shared)):
        return dataclasses.replace(scope, lacking=lacking)
    mappings = parsed_mappings(scope.plan)
    own = scope.namespace
    source, target = await parallel.gather(
        [
            _namespaces(scope.source.client, [*(item.source for item in mappings), own]),
            _namespaces(scope.target.client, [*(item.target for item in mappings), own]),
        ]
    )
    scope = dataclasses.replace(
        scope,
        source_namespaces=source,
        target_namespaces=target,
        serves_images=await _serves(scope.source.client, resources.IMAGE_STREAMS),
        serves_routes=await _serves(scope.target.client, resources.ROUTES),
        target_settings=await config.of_cluster(scope.target.client, namespace=own) if scope.target.client else None,
    )
    if not in_full or scope.source.client is None:
        return scope
    existing = [item.source for item in mappings if source.get(item.source) is not None]
    pods = await _pods(scope.source.client, existing)
    broken = list(dict.fromkeys(pod["metadata"]["namespace"] for pod in pods if health.is_unhealthy(pod)))
    unhealthy = await health.unhealthy(scope.source.client, broken)
    scope = dataclasses.replace(scope, pods=pods, unhealthy=unhealthy, kinds=await _kinds(scope))
    return await plan_rights.with_unlisted(await plan_asides.of_clusters(scope))


async def _namespaces(cluster: Client | None, wanted: list[str]) -> dict[str, Object | None]:
    if cluster is None:
        return {}
    unique = list(dict.fromkeys(wanted))
    found = await parallel.gather(cluster.find(resources.NAMESPACES, name) for name in unique)
    return dict(zip(unique, found, strict=True))


async def _pods(cluster: Client, namespaces: list[str]) -> tuple[Object, ...]:
    return tuple(await listing.of_namespaces(cluster, resources.PODS, namespaces))


async def _serves(cluster: Client | None, kind: resources.ResourceType) -> bool:
    if cluster is None:
        return False
    return (await reading.served(cluster)).discovery.serves(kind.group, kind.version, kind.plural)


async def _kinds(scope: Scope) -> Kinds:
    if scope.source.client is None:
        return Kinds()
    return await served_kinds.compare(
        scope.source.client,
        scope.target.client,
        plan=scope.plan,
        namespaces={mapping.source for mapping in scope.mappings},
        excluded=scope.settings.excluded_resources,
    )
