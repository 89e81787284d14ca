"""A quota of the target's namespace leaves no room for the pods."""

from kit import planes
from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    await planes.make_namespace(ground.host, ground.app)
    await ground.make(ground.host, resources.RESOURCE_QUOTAS, "small", spec={"hard": {"pods": "0"}})
    return await ground.whole()


FAILURE = Failure(_inject, "pods-quota", ("ResourceQuota", "small"), "describe quota small", in_each_run=True)
