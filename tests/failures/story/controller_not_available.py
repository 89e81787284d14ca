"""No pod of the controller is available."""

from kit.failures import Failure, Ground


async def _inject(ground: Ground) -> str:
    await ground.declare()
    await ground.application()
    await ground.deploy(ground.host, "migration-controller", replicas=1)
    await ground.world.declare_plan("shop", [ground.app])
    return "shop"


FAILURE = Failure(_inject, "process-down", ("Deployment", "migration-controller"), "logs deployment/migration-controller", in_each_run=True)
