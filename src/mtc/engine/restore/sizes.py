"""What containers that a restore adds to pods ask for, by namespace of the target."""

from mtc.api import helper_containers
from mtc.engine.restore.looks import Looks
from mtc.kube import resources
from mtc.kube.client import Client


class Sizes:
    """Looks at the LimitRanges of each namespace once, when its first pod comes: they are restored before pods."""

    def __init__(self, cluster: Client) -> None:
        self._cluster = cluster
        self._looks = Looks(self._look, otherwise=helper_containers.requests_for([]))

    async def of(self, namespace: str) -> dict[str, str]:
        """Requests and limits; the usual ones where LimitRanges cannot be read."""
        return await self._looks.of(namespace)

    async def _look(self, namespace: str) -> dict[str, str]:
        return helper_containers.requests_for(await self._cluster.list_all(resources.LIMIT_RANGES, namespace=namespace))
