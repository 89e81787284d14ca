"""Somebody deletes the MigCluster of the source."""

from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    await ground.declare()
    await ground.application()
    await ground.plan()
    await ground.host.delete(resources.MIG_CLUSTERS, "remote", namespace=ground.world.namespace)
    return "shop"


FAILURE = Failure(_inject, "cluster-undeclared", ("MigCluster", "remote"), "mtc get migcluster")
