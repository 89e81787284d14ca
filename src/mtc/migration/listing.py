"""Lists that go over several namespaces."""

from collections.abc import Iterable

from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration import parallel


def places(items: Iterable[Object]) -> set[tuple[str, str]]:
    """Namespace and name of the objects that are to stay: one that is being deleted is as good as gone. Pure."""
    return {(item["metadata"]["namespace"], item["metadata"]["name"]) for item in items if not item["metadata"].get("deletionTimestamp")}


async def of_namespaces(cluster: Client, kind: ResourceType, namespaces: Iterable[str], *, label_selector: str = "") -> list[Object]:
    """All objects of a kind in some namespaces, a name that comes again counting once. Raises KubeError."""
    spaces = dict.fromkeys(namespaces)
    lists = await parallel.gather(cluster.list_all(kind, namespace=name, label_selector=label_selector) for name in spaces)
    return [item for found in lists for item in found]
