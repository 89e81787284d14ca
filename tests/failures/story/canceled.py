"""A person cancels the migration."""

from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    await ground.declare()
    await ground.application()
    await ground.plan()
    spec = {"migPlanRef": ground.world.reference("shop"), "stage": False, "canceled": True}
    await ground.world.make(resources.MIG_MIGRATIONS, "run", spec=spec)
    return "run"


FAILURE = Failure(_inject, "canceled", ("MigMigration", "run"), "another migration")
