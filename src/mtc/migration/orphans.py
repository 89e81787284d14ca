"""Clears away the locations of plans that were deleted, once no Backup needs them; see docs/decisions/0003.

No finalizer: deleting a plan never waits for a cluster. A cluster that cannot be reached now is cleared later.
"""

import asyncio

from mtc import errors
from mtc.api import conditions
from mtc.api.migration.migcluster import MigCluster
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import plan_storage
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
            _log.warning("locations of deleted plans not looked for: no answer in time", cluster=name)
        except errors.MtcError as error:
            _log.warning("locations of deleted plans not looked for", cluster=name, error=str(error))


async def _sweep_one(item: Object, clusters: Clusters, installation: str, namespace: str) -> None:
    described = MigCluster.from_dict(item)
    if not conditions.is_ready(described.status.conditions):
        return
    cluster, host = await clusters.open(described), clusters.host
    # Plans are listed after the locations were: a plan made in between must count as living.
    candidates = await plan_storage.owners(cluster, installation=installation, namespace=namespace)
    if not candidates:
        return
    living = {item["metadata"]["uid"] async for item in host.iterate(resources.MIG_PLANS)}
    for uid in sorted(candidates - living):
        gone = await plan_storage.release(cluster, uid, namespace=namespace)
        _log.info("plan is gone", cluster=cluster.name, plan_uid=uid, locations="removed" if gone else "kept for its Backups")
