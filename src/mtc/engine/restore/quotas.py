"""Which namespaces of the target had a quota when a restore first came to them."""

import asyncio

from mtc.kube import errors, resources
from mtc.kube.client import Client


class Quotas:
    """Looks once for each namespace."""

    def __init__(self, cluster: Client) -> None:
        self._cluster = cluster
        self._known: dict[str, asyncio.Future[bool]] = {}

    async def limit(self, namespace: str | None) -> bool:
        """Whether objects of a namespace are counted; not known to be where that cannot be read. Raises KubeError."""
        if not namespace:
            return False
        if namespace not in self._known:
            self._known[namespace] = asyncio.ensure_future(self._look(namespace))
        return await asyncio.shield(self._known[namespace])

    async def _look(self, namespace: str) -> bool:
        try:
            return bool(await self._cluster.list_all(resources.RESOURCE_QUOTAS, namespace=namespace))
        except errors.Forbidden:
            return False
