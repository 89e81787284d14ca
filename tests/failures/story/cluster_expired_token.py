"""The token of the source's MigCluster is not accepted: that of another cluster."""

from kit import planes
from kit.failures import Failure, Ground


async def _inject(ground: Ground) -> str:
    token = await planes.token(ground.host, ground.world.namespace, "stranger")
    await ground.world.declare_clusters(token=token)
    await ground.world.declare_storage(ground.s3)
    await ground.world.declare_plan("shop", [ground.app])
    return "shop"


FAILURE = Failure(_inject, "token-rejected", ("Secret", "remote-sa"), "kubectl create token")
