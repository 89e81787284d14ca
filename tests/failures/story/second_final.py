"""Another final migration of a plan that has moved its application already."""

from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    await ground.whole()
    await ground.world.make(resources.MIG_MIGRATIONS, "again", spec={"migPlanRef": ground.world.reference("shop"), "stage": False})
    return "again"


FAILURE = Failure(_inject, "plan-conflict", ("MigMigration", "again"), "roll it back")
