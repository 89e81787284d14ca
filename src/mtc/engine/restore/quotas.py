"""Which namespaces of the target had a quota when a restore first came to them."""

from mtc.engine.restore.looks import Looks
from mtc.kube import resources
from mtc.kube.client import Client
from mtc.kube.resources import ResourceType

#: Quotas of OpenShift over several namespaces, as each of them shows them.
_OVER_NAMESPACES = ResourceType("quota.openshift.io", "v1", "appliedclusterresourcequotas", "AppliedClusterResourceQuota")


class Quotas:
    """Looks once for each namespace."""

    def __init__(self, cluster: Client) -> None:
        self._cluster = cluster
        self._looks = Looks(self._look, otherwise=False)

    async def limit(self, namespace: str | None) -> bool:
        """Whether objects of a namespace are counted; taken for uncounted where that cannot be read."""
        return bool(namespace) and await self._looks.of(namespace or "")

    async def _look(self, namespace: str) -> bool:
        for kind in (resources.RESOURCE_QUOTAS, _OVER_NAMESPACES):
            if await self._cluster.list_all(kind, namespace=namespace):
                return True
        return False
