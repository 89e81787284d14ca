"""The target has another ConfigMap of the same name."""

from kit import planes
from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    await planes.make_namespace(ground.host, ground.app)
    await ground.make(ground.host, resources.CONFIG_MAPS, "settings", data={"colour": "red"})
    return await ground.whole()


FAILURE = Failure(_inject, "name-conflict", ("ConfigMap", "settings"), "get configmap settings", in_each_run=True)
