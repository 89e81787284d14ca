"""Every object of a namespace as text, to be compared with a later look: what clusters write by themselves is left out."""

from collections.abc import Collection, Sequence
from typing import Any

from mtc.kube import discovery, resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType

#: What clusters make by themselves, anew each time.
_MADE_BY_CLUSTERS = frozenset({"pods", "replicasets", "endpoints", "endpointslices", "events", "controllerrevisions", "leases"})
_VOLATILE = ("resourceVersion", "managedFields", "generation", "uid", "creationTimestamp")
#: The cluster writes these itself.
_NOISE = frozenset({"deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration"})

Dump = dict[str, Any]


async def of(cluster: Client, namespace: str, *, but: Collection[str] = ()) -> Dump:
    """Every object of a namespace, without resources of these plural names; empty where the namespace does not exist."""
    space = await cluster.find(resources.NAMESPACES, namespace)
    if space is None:
        return {}
    served = await discovery.discover(cluster)
    found: Dump = {"Namespace": plain(space)}
    for kind in served.preferred:
        if kind.namespaced and "list" in kind.verbs and kind.plural not in _MADE_BY_CLUSTERS | {*but}:
            for item in await _listed(cluster, kind, namespace):
                found[f"{kind.kind}.{kind.group}/{item['metadata']['name']}"] = plain(item)
    return found


def changes(before: Sequence[Dump], after: Sequence[Dump]) -> list[str]:
    """What is another, one line for each object."""
    pairs = [(old.get(key), new.get(key), key) for old, new in zip(before, after, strict=True) for key in sorted(old.keys() | new.keys())]
    return [f"{key}: {old} became {new}" for old, new, key in pairs if old != new]


async def _listed(cluster: Client, kind: ResourceType, namespace: str) -> list[Object]:
    return [item for item in await cluster.list_all(kind, namespace=namespace) if not item["metadata"].get("ownerReferences")]


def plain(item: Object) -> Object:
    """An object without what clusters write."""
    meta = {key: value for key, value in item["metadata"].items() if key not in _VOLATILE and value}
    notes = {key: value for key, value in (meta.pop("annotations", None) or {}).items() if key not in _NOISE}
    return {**{key: value for key, value in item.items() if key not in {"metadata", "status"}}, "metadata": {**meta, "annotations": notes}}
