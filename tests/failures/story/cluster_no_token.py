"""The Secret of a MigCluster has no key saToken."""

from kit import planes
from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    world = ground.world
    await world.declare_clusters()
    await world.host.patch(
        resources.SECRETS, "remote-sa", {"data": {"saToken": None, "token": planes.encoded("x" * 30)}}, namespace=world.namespace
    )
    return "migcluster/remote"


FAILURE = Failure(_inject, "condition", ("MigCluster", "remote"), "saToken", in_each_run=True)
