"""The source's API server shows a certificate of a CA that the MigCluster does not name."""

from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    world = ground.world
    await world.declare_clusters()
    await world.host.patch(resources.MIG_CLUSTERS, "remote", {"spec": {"insecure": False}}, namespace=world.namespace)
    return "migcluster/remote"


FAILURE = Failure(_inject, "cluster-certificate", ("MigCluster", "remote"), "spec.caBundle", in_each_run=True)
