"""The plan names no MigStorage."""

from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    await ground.declare()
    await ground.application()
    await ground.plan()
    await ground.host.patch(resources.MIG_PLANS, "shop", {"spec": {"migStorageRef": None}}, namespace=ground.world.namespace)
    return "shop"


FAILURE = Failure(_inject, "storage-undeclared", ("MigPlan", "shop"), "spec.migStorageRef", in_each_run=True)
