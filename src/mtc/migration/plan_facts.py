"""Reads what a pass over a MigPlan decides on: first the host cluster, then both clusters of the plan as far as they are Ready."""

import dataclasses
from dataclasses import dataclass

from mtc.api import base
from mtc.api.migration.mighook import MigHook
from mtc.api.migration.migmigration import MigMigration
from mtc.api.migration.migplan import MigPlan
from mtc.api.migration.migstorage import MigStorage
from mtc.kube import errors as kube_errors
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import health, parallel, plan_state, served_kinds, sides
from mtc.migration import settings as config
from mtc.migration.checks.plan import Kinds, Scope, parsed_mappings
from mtc.migration.clusters import Clusters

MIG_HOOKS = resources.migration("mighooks", "MigHook")


@dataclass(frozen=True)
class Context:
    """What all passes over plans share.

    Attributes:
        clusters: the clients.
        settings: of the controller.
        namespace: where the toolkit lives on every cluster.
    """

    clusters: Clusters
    settings: config.Settings
    namespace: str


async def of_host(plan: MigPlan, context: Context) -> Scope:
    """The scope with everything that the host cluster knows; nothing is asked of the plan's clusters."""
    host = context.clusters.host
    source, target = await parallel.gather(
        sides.open_side(reference, context.clusters) for reference in (plan.spec.src_mig_cluster_ref, plan.spec.dest_mig_cluster_ref)
    )
    plans = [MigPlan.from_dict(item) async for item in host.iterate(resources.MIG_PLANS, namespace=plan.namespace)]
    migrations = await _migrations(host, plan)
    return Scope(
        plan=plan,
        settings=context.settings,
        namespace=context.namespace,
        source=source,
        target=target,
        storage=await storage_of(host, plan),
        others=tuple(other for other in plans if other.uid != plan.uid),
        migrations=migrations,
        hooks=await _hooks(host, plan),
        type=plan_state.identify_type(plan, migrations, one_cluster=sides.is_one_cluster(source, target)),
    )


async def _migrations(host: Client, plan: MigPlan) -> tuple[MigMigration, ...]:
    found = [MigMigration.from_dict(item) async for item in host.iterate(resources.MIG_MIGRATIONS, namespace=plan.namespace)]
    own = [item for item in found if item.spec.mig_plan_ref is not None and item.spec.mig_plan_ref.ref == plan.ref]
    return tuple(plan_state.newest_first(own))


async def storage_of(host: Client, plan: MigPlan) -> MigStorage | None:
    """The MigStorage of a plan, None where it names none or that does not exist."""
    reference = plan.spec.mig_storage_ref
    if reference is None or not reference.is_set:
        return None
    found = await host.find(resources.MIG_STORAGES, reference.ref.name, namespace=reference.ref.namespace)
    return MigStorage.from_dict(found) if found else None


async def _hooks(host: Client, plan: MigPlan) -> dict[base.Ref, MigHook | None]:
    refs = [hook.reference.ref for hook in plan.spec.hooks if hook.reference.is_set]
    found = await parallel.gather(host.find(MIG_HOOKS, ref.name, namespace=ref.namespace) for ref in refs)
    return {ref: MigHook.from_dict(item) if item else None for ref, item in zip(refs, found, strict=True)}


async def of_clusters(scope: Scope, *, in_full: bool) -> Scope:
    """The scope with what the plan's clusters know.

    Args:
        scope: from `of_host`.
        in_full: also pods and served kinds, which a suspended plan does not look for.
    """
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
        serves_images=await _serves_images(scope.source.client),
        target_settings=await config.of_cluster(scope.target.client, namespace=own) if scope.target.client else None,
    )
    if not in_full or scope.source.client is None:
        return scope
    existing = [item.source for item in mappings if source.get(item.source) is not None]
    pods = await _pods(scope.source.client, existing)
    broken = list(dict.fromkeys(pod["metadata"]["namespace"] for pod in pods if health.is_unhealthy(pod)))
    unhealthy = await health.unhealthy(scope.source.client, broken)
    return dataclasses.replace(scope, pods=pods, unhealthy=unhealthy, kinds=await _kinds(scope))


async def _namespaces(cluster: Client | None, wanted: list[str]) -> dict[str, Object | None]:
    if cluster is None:
        return {}
    unique = list(dict.fromkeys(wanted))
    found = await parallel.gather(cluster.find(resources.NAMESPACES, name) for name in unique)
    return dict(zip(unique, found, strict=True))


async def _pods(cluster: Client, namespaces: list[str]) -> tuple[Object, ...]:
    listed = await parallel.gather(cluster.list_all(resources.PODS, namespace=name) for name in dict.fromkeys(namespaces))
    return tuple(pod for pods in listed for pod in pods)


async def _serves_images(cluster: Client | None) -> bool:
    if cluster is None:
        return False
    try:
        await cluster.get_path(f"/apis/{resources.IMAGE_STREAMS.api_version}")
    except (kube_errors.NotFound, kube_errors.NotServed):
        return False
    return True


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
