"""Clears away the locations that no plan uses any more, once no Backup needs them; see docs/decisions/0003.

They are those of plans that were deleted or closed, and those on clusters that are no longer the source or target of their
plan. No finalizer: deleting a plan never waits for a cluster. A cluster that cannot be reached now is cleared later.
"""

import asyncio

from mtc import errors as all_errors
from mtc.api import base, conditions
from mtc.api.migration.migcluster import MigCluster
from mtc.api.migration.migmigration import MigMigration
from mtc.api.migration.migplan import MigPlan
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import errors, plan_storage, sides, status, validation
from mtc.migration.clusters import Clusters
from mtc.telemetry import logs

#: Backups expire after days; an hour more or less does not matter.
INTERVAL_S = 3600.0
_DEADLINE_S = 120.0

_log = logs.get(part="orphans")


async def installation_of(host: Client, namespace: str) -> str:
    """What identifies the installation on a host cluster: the UID of its namespace, which lives as long as the installation."""
    found = await host.get(resources.NAMESPACES, namespace)
    return str(found["metadata"]["uid"])


async def sweep(clusters: Clusters, *, namespace: str) -> None:
    """Looks through all clusters that answer; trouble with one is logged and does not keep from the others.

    Raises:
        KubeError: the host cluster failed.
    """
    host = clusters.host
    installation = await installation_of(host, namespace)
    for item in await host.list_all(resources.MIG_CLUSTERS, namespace=namespace):
        name = item["metadata"]["name"]
        try:
            async with asyncio.timeout(_DEADLINE_S):
                await _sweep_one(item, clusters, installation, namespace)
        except TimeoutError:
            _log.warning("locations that no plan uses not looked for: no answer in time", cluster=name)
        except all_errors.MtcError as error:
            _log.warning("locations that no plan uses not looked for", cluster=name, error=str(error))


async def _sweep_one(item: Object, clusters: Clusters, installation: str, namespace: str) -> None:
    described = MigCluster.from_dict(item)
    if not conditions.is_ready(described.status.conditions):
        return
    cluster, host = await clusters.open(described), clusters.host
    # Plans are listed after the locations were: a plan made in between must count as living.
    candidates = await plan_storage.owners(cluster, installation=installation, namespace=namespace)
    if not candidates:
        return
    plans = {item["metadata"]["uid"]: item async for item in host.iterate(resources.MIG_PLANS)}
    for uid in sorted(candidates):
        plan = plans.get(uid)
        if plan is not None and await _is_used(plan, described, clusters):
            continue
        gone = await plan_storage.release(cluster, uid, namespace=namespace)
        _log.info("plan is not at work here", cluster=cluster.name, plan_uid=uid, locations="removed" if gone else "kept for its Backups")


async def _is_used(item: Object, here: MigCluster, clusters: Clusters) -> bool:
    """Whether a plan works on a cluster, or may: in doubt everything is left as it is."""
    try:
        plan = MigPlan.from_dict(item)
    except base.InvalidResource:
        return True
    if plan.spec.closed:
        return await is_migrating(plan, clusters.host)
    for reference in (plan.spec.src_mig_cluster_ref, plan.spec.dest_mig_cluster_ref):
        if reference is None or not reference.is_set:
            return True
        try:
            side = await clusters.read(reference.ref)
        except (errors.ClusterNotFound, base.InvalidResource):
            return True
        if side.ref == here.ref or sides.are_one(side, here):
            return True
    return await is_migrating(plan, clusters.host)


async def is_migrating(plan: MigPlan, host: Client) -> bool:
    """Whether a migration of the plan runs, which goes on with the clusters that it began with; or may do so soon."""
    for item in await host.list_all(resources.MIG_MIGRATIONS, namespace=plan.namespace):
        try:
            migration = MigMigration.from_dict(item)
        except base.InvalidResource:
            continue
        reference = migration.spec.mig_plan_ref
        # Of a closed plan none begins any more.
        counts = validation.is_at_work(migration) if plan.spec.closed else not status.is_over(migration.status)
        if reference is not None and reference.is_set and reference.ref == plan.ref and counts:
            return True
    return False
