"""Takes away what copies have made on the clusters, but for keys: all of one copy, or what others that are over have left beside it."""

from collections.abc import Iterable

from mtc.api import names
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration import parallel
from mtc.migration.direct import course
from mtc.migration.direct.volumes.scope import Scope

#: Where it is, its type, and the object.
Found = tuple[Client, ResourceType, Object]
_OWNER = "directvolumemigration"
_APPS = f"{names.APP} in ({names.RSYNC_APP},{names.RSYNC_BLOCK_APP})"
_ON_SOURCE = (resources.PODS,)
_ON_TARGET = (resources.PODS, resources.SERVICES, resources.ROUTES)


async def of_others(scope: Scope) -> list[Found]:
    """What is left of copies that do not run any more, in the namespaces of this one."""
    running = {
        item["metadata"]["uid"]
        for item in await scope.host.list_all(resources.DIRECT_VOLUME_MIGRATIONS, namespace=scope.dvm.namespace)
        if not course.is_over(item)
    }
    found = await _everything(scope, _APPS)
    return [entry for entry in found if (entry[2]["metadata"].get("labels") or {}).get(_OWNER) not in running]


async def of_own(scope: Scope) -> list[Found]:
    """What is there of this copy."""
    return await _everything(scope, f"{_APPS},{_OWNER}={scope.uid}")


async def _everything(scope: Scope, selector: str) -> list[Found]:
    places = [(scope.source, kind, namespace) for namespace in scope.pairs for kind in _ON_SOURCE]
    places += [(scope.target, kind, namespace) for namespace in dict.fromkeys(scope.pairs.values()) for kind in _ON_TARGET]
    # Inside one cluster a namespace may be both.
    places = list(dict.fromkeys(places))
    lists = await parallel.gather(_list(cluster, kind, namespace, selector) for cluster, kind, namespace in places)
    return [(cluster, kind, item) for (cluster, kind, _), items in zip(places, lists, strict=True) for item in items]


async def _list(cluster: Client, kind: ResourceType, namespace: str, selector: str) -> list[Object]:
    try:
        return await cluster.list_all(kind, namespace=namespace, label_selector=selector)
    except (errors.NotServed, errors.NotFound):
        return []  # only OpenShift has Routes


async def delete(found: Iterable[Found]) -> list[str]:
    """Asks for the deletion of all of it; sentences about what a cluster refused."""
    works = [_delete(*entry) for entry in found if not entry[2]["metadata"].get("deletionTimestamp")]
    return [text for text in await parallel.gather(works) if text]


async def _delete(cluster: Client, kind: ResourceType, item: Object) -> str:
    meta = item["metadata"]
    try:
        await cluster.delete(kind, meta["name"], namespace=meta["namespace"], uid=meta["uid"])
    except errors.Conflict:
        return ""  # it is another one by now
    except (errors.Forbidden, errors.Invalid) as error:
        return str(error)  # an admission policy says either
    return ""


async def delete_progresses(scope: Scope) -> None:
    """Deletes what tells of the progress of earlier attempts."""
    for item in await scope.host.list_all(
        resources.DIRECT_VOLUME_PROGRESSES, namespace=scope.dvm.namespace, label_selector=f"{_OWNER}={scope.uid}"
    ):
        await scope.host.delete(resources.DIRECT_VOLUME_PROGRESSES, item["metadata"]["name"], namespace=scope.dvm.namespace)


def describe(found: Iterable[Found]) -> str:
    """Cluster, kind and name of each."""
    return ", ".join(
        f"{kind.kind} {item['metadata']['namespace']}/{item['metadata']['name']} on cluster {cluster.name}" for cluster, kind, item in found
    )
