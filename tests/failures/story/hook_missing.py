"""The plan names a hook that does not exist."""

from kit.failures import Failure, Ground


async def _inject(ground: Ground) -> str:
    await ground.declare()
    await ground.application()
    hook = {
        "phase": "PreBackup",
        "executionNamespace": ground.app,
        "serviceAccount": "default",
        "reference": ground.world.reference("absent"),
    }
    await ground.world.declare_plan("shop", [ground.app], hooks=[hook])
    return "shop"


FAILURE = Failure(_inject, "condition", ("MigPlan", "shop"), "mtc describe migplan shop")
