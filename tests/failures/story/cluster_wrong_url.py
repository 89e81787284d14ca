"""Nobody listens at the URL of the source's MigCluster."""

from kit.failures import Failure, Ground


async def _inject(ground: Ground) -> str:
    await ground.world.declare_clusters(url="https://127.0.0.1:9")
    await ground.world.declare_storage(ground.s3)
    await ground.world.declare_plan("shop", [ground.app])
    return "shop"


FAILURE = Failure(_inject, "cluster-unreachable", ("MigCluster", "remote"), "mtc describe migcluster remote", in_each_run=True)
