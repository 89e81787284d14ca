"""The plan names a namespace that the source does not have."""

from kit.failures import Failure, Ground


async def _inject(ground: Ground) -> str:
    await ground.declare()
    await ground.world.declare_plan("shop", [ground.app])
    return "shop"


FAILURE = Failure(_inject, "namespace-gone", ("Namespace", ""), "spec.namespaces")
