"""The engine of the source is scaled to 0."""

from kit.failures import Failure, Ground


async def _inject(ground: Ground) -> str:
    await ground.declare()
    await ground.application()
    await ground.deploy(ground.remote, "velero", replicas=0)
    await ground.world.declare_plan("shop", [ground.app])
    return "shop"


FAILURE = Failure(_inject, "process-down", ("Deployment", "velero"), "scale deployment velero --replicas=1", in_each_run=True)
