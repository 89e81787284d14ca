"""Two plans have the same namespace."""

from kit.failures import Failure, Ground


async def _inject(ground: Ground) -> str:
    await ground.declare()
    await ground.application()
    await ground.plan()
    await ground.world.declare_plan("again", [ground.app])
    return "again"


FAILURE = Failure(_inject, "plan-conflict", ("MigPlan", "again"), "mtc get migplan")
