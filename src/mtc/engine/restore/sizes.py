"""What containers that a restore adds to pods ask for, by namespace of the target."""

import asyncio

from mtc.api import helper_containers
from mtc.kube import errors, resources
from mtc.kube.client import Client


class Sizes:
    """Looks at the LimitRanges of each namespace once, when its first pod comes: they are restored before pods."""

    def __init__(self, cluster: Client) -> None:
        self._cluster = cluster
        self._known: dict[str, asyncio.Future[dict[str, str]]] = {}

    async def of(self, namespace: str) -> dict[str, str]:
        """Requests and limits; the usual ones where LimitRanges cannot be read."""
        if namespace not in self._known:
            self._known[namespace] = asyncio.ensure_future(self._look(namespace))
        return await asyncio.shield(self._known[namespace])

    async def _look(self, namespace: str) -> dict[str, str]:
        try:
            found = await self._cluster.list_all(resources.LIMIT_RANGES, namespace=namespace)
        except errors.KubeError:
            # The next pod asks again: this one may have met a moment's trouble.
            self._known.pop(namespace, None)
            found = []
        return helper_containers.requests_for(found)
