"""The account behind the token of the source may do nothing there."""

from kit import planes
from kit.failures import Failure, Ground


async def _inject(ground: Ground) -> str:
    token = await planes.token(ground.remote, ground.world.namespace, "nobody")
    await ground.world.declare_clusters(token=token)
    return "migcluster/remote"


FAILURE = Failure(_inject, "forbidden", ("MigCluster", "remote"), "least-privilege", in_each_run=True)
