"""An object of the target shall be brought up to date, and what differs is immutable."""

from kit import planes
from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    await planes.make_namespace(ground.host, ground.app)
    await ground.world.declare_clusters()
    await ground.make(ground.host, resources.CONFIG_MAPS, "fixed", data={"colour": "red"}, immutable=True)
    return await ground.restored(
        (resources.CONFIG_MAPS, "fixed", {"data": {"colour": "blue"}, "immutable": True}), existingResourcePolicy="update"
    )


FAILURE = Failure(_inject, "immutable-field", ("ConfigMap", "fixed"), "delete it on the target", in_each_run=True)
