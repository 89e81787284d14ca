"""Somebody deletes the MigStorage of a plan."""

from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    await ground.declare()
    await ground.application()
    await ground.plan()
    await ground.host.delete(resources.MIG_STORAGES, "repo", namespace=ground.world.namespace)
    return "shop"


FAILURE = Failure(_inject, "storage-undeclared", ("MigStorage", "repo"), "mtc get migstorage")
