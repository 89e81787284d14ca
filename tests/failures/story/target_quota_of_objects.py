"""A quota of the target's namespace refuses a ConfigMap."""

from kit import planes
from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    await planes.make_namespace(ground.host, ground.app)
    quota = await ground.make(ground.host, resources.RESOURCE_QUOTAS, "few", spec={"hard": {"count/configmaps": "0"}})
    found = planes.World(ground.host, ground.host, ground.app)
    await found.until(resources.RESOURCE_QUOTAS, quota["metadata"]["name"], lambda item: bool((item.get("status") or {}).get("hard")))
    return await ground.whole()


FAILURE = Failure(_inject, "pods-quota", ("ResourceQuota", "few"), "raise the quota")
