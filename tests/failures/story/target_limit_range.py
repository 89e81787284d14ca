"""A LimitRange of the target's namespace permits less than the pods ask for."""

from kit import planes
from kit.failures import Failure, Ground
from mtc.kube import resources


async def _inject(ground: Ground) -> str:
    await planes.make_namespace(ground.host, ground.app)
    limits = [{"type": "Container", "max": {"cpu": "100m"}, "default": {"cpu": "50m"}}]
    await ground.make(ground.host, resources.LIMIT_RANGES, "tight", spec={"limits": limits})
    greedy = {"name": "app", "image": "registry.example/app:1", "resources": {"limits": {"cpu": "2"}, "requests": {"cpu": "2"}}}
    return await ground.whole(pod={"containers": [greedy]})


FAILURE = Failure(_inject, "limit-range", ("LimitRange", "tight"), "describe limitrange", in_each_run=True)
