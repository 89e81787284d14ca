"""Which namespaces of the target had a quota when a restore first came to them."""

import asyncio

from mtc.kube import errors, resources
from mtc.kube.client import Client
from mtc.kube.resources import ResourceType

#: Quotas of OpenShift over several namespaces, as each of them shows them.
_OVER_NAMESPACES = ResourceType("quota.openshift.io", "v1", "appliedclusterresourcequotas", "AppliedClusterResourceQuota")


class Quotas:
    """Looks once for each namespace."""

    def __init__(self, cluster: Client) -> None:
        self._cluster = cluster
        self._known: dict[str, asyncio.Future[bool]] = {}

    async def limit(self, namespace: str | None) -> bool:
        """Whether objects of a namespace are counted; taken for uncounted where that cannot be read."""
        if not namespace:
            return False
        if namespace not in self._known:
            self._known[namespace] = asyncio.ensure_future(self._look(namespace))
        return await asyncio.shield(self._known[namespace])

    async def _look(self, namespace: str) -> bool:
        try:
            for kind in (resources.RESOURCE_QUOTAS, _OVER_NAMESPACES):
                if await self._cluster.list_all(kind, namespace=namespace):
                    return True
        except errors.KubeError:
            # The next object asks again: this one may have met a moment's trouble.
            self._known.pop(namespace, None)
        return False
