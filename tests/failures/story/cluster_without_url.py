"""A MigCluster does not say where its API server is."""

from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    world = ground.world
    await world.declare_clusters()
    await world.host.patch(resources.MIG_CLUSTERS, "remote", {"spec": {"url": None}}, namespace=world.namespace)
    return "migcluster/remote"


FAILURE = Failure(_inject, "condition", ("MigCluster", "remote"), "spec.url", in_each_run=True)
