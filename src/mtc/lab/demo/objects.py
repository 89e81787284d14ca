"""Compare the objects of a namespace on two clusters, kind by kind, after taking out what every cluster writes by itself.

A checksum is over what remains: what a person wrote, or would write again.
"""

import asyncio
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mtc.kube import discovery, resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.lab.demo.until import has_condition

_DIGEST_LENGTH = 16
_AT_ONCE = 16
#: Kinds of which every object is made by the cluster itself.
_MADE_BY_CLUSTER = frozenset(
    {
        "controllerrevisions.apps",
        "endpoints",
        "endpointslices.discovery.k8s.io",
        "events",
        "events.events.k8s.io",
        "leases.coordination.k8s.io",
    }
)
#: Objects that every namespace gets.
_IN_EVERY_NAMESPACE = frozenset({("configmaps", "kube-root-ca.crt"), ("serviceaccounts", "default")})
_META = frozenset({"name", "labels", "annotations", "finalizers"})
#: Labels and annotations of the migration itself, of clusters and of their controllers.
_FOREIGN_MARKS = (
    "autoscaling.alpha.kubernetes.io/",
    "batch.kubernetes.io/",
    "deployment.kubernetes.io/",
    "kubernetes.io/metadata.name",
    "migration.openshift.io/",
    "openshift.io/",
    "pv.kubernetes.io/",
    "velero.io/",
    "volume.beta.kubernetes.io/",
    "volume.kubernetes.io/",
)
_SERVICE_FIELDS = ("clusterIP", "clusterIPs", "healthCheckNodePort")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """The objects of one kind.

    Attributes:
        names: their names.
        checksum: of all of them.
        each: checksum of each by name.
    """

    names: tuple[str, ...]
    checksum: str
    each: Mapping[str, str]


async def read(cluster: Client, namespace: str, *, definition: str) -> dict[str, Kind]:
    """Every kind that has objects in the namespace, with the namespace itself and one CustomResourceDefinition."""
    served = await discovery.discover(cluster)
    kinds = [kind for kind in served.preferred if kind.namespaced and "list" in kind.verbs and kind.group_resource not in _MADE_BY_CLUSTER]
    limit = asyncio.Semaphore(_AT_ONCE)

    async def items(kind: ResourceType) -> tuple[str, list[Object]]:
        async with limit:
            found = await cluster.list_all(kind, namespace=namespace)
        return kind.group_resource, [item for item in found if is_compared(kind.group_resource, item)]

    found = dict(await asyncio.gather(*(items(kind) for kind in kinds)))
    for kind, name in ((resources.NAMESPACES, namespace), (resources.CUSTOM_RESOURCE_DEFINITIONS, definition)):
        item = await cluster.find(kind, name)
        found[kind.group_resource] = [item] if item else []
    return {name: checksums(objects) for name, objects in sorted(found.items()) if objects}


def is_compared(group_resource: str, item: Object) -> bool:
    """Whether the object is a person's own: neither made by the cluster, nor a Job that is over, which stays behind."""
    meta = item["metadata"]
    if meta.get("ownerReferences") or (group_resource, meta["name"]) in _IN_EVERY_NAMESPACE:
        return False
    return not (group_resource == "jobs.batch" and (has_condition(item, "Complete") or has_condition(item, "Failed")))


def checksums(objects: Iterable[Object]) -> Kind:
    """The checksums of objects of one kind."""
    each = {str(item["metadata"]["name"]): _digest(normal(item)) for item in objects}
    each = dict(sorted(each.items()))
    return Kind(names=tuple(each), checksum=_digest(each), each=each)


def normal(item: Object) -> Object:
    """The object without what the cluster, its controllers or a migration have written into it."""
    meta = {key: value for key, value in item["metadata"].items() if key in _META}
    for field in ("labels", "annotations"):
        kept = {key: value for key, value in (meta.pop(field, None) or {}).items() if not _is_foreign(key)}
        meta |= {field: kept} if kept else {}
    meta.pop("finalizers", None)
    rest = {key: value for key, value in item.items() if key not in {"metadata", "status"}}
    match item.get("kind"):
        case "Service":
            rest["spec"] = _service(rest["spec"])
        case "PersistentVolumeClaim":
            rest["spec"] = {key: value for key, value in rest["spec"].items() if key != "volumeName"}
        case "Namespace":
            rest.pop("spec", None)
        case "ServiceAccount":
            # Old clusters list a generated token here.
            rest.pop("secrets", None)
    return {"metadata": meta, **rest}


def _service(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A Service without the addresses that its cluster gave it; None as address is the person's choice."""
    return {key: value for key, value in spec.items() if key not in _SERVICE_FIELDS or value in ("None", ["None"])}


def _is_foreign(key: str) -> bool:
    group = key.split("/", 1)[0]
    return key.startswith(_FOREIGN_MARKS) or group.endswith((".velero.io", ".openshift.io"))


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:_DIGEST_LENGTH]
