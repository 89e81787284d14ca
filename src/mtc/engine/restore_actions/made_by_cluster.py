"""Objects that the target's own controllers make again are not restored: the old ones would be wrong or in the way."""

from mtc.engine.actions import Action, Outcome
from mtc.engine.restore.context import Subject
from mtc.kube.client import Object

_ROOT_CERTIFICATES = frozenset({"kube-root-ca.crt", "openshift-service-ca.crt"})
_MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
_TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"


async def apply(item: Object, _subject: Subject) -> Outcome:
    """The object, or nothing when a controller of the target makes it."""
    meta = item["metadata"]
    labels, annotations = meta.get("labels") or {}, meta.get("annotations") or {}
    made = (
        (item["kind"] == "ConfigMap" and meta["name"] in _ROOT_CERTIFICATES)
        or (item["kind"] == "EndpointSlice" and str(labels.get(_MANAGED_BY, "")).endswith("controller.k8s.io"))
        or (item["kind"] == "Endpoints" and _TRIGGER in annotations)
        or (item["kind"] == "APIService" and "kube-aggregator.kubernetes.io/automanaged" in labels)
    )
    return Outcome(None, why="the target makes its own") if made else Outcome(item)


_KINDS = frozenset({"configmaps", "endpoints", "endpointslices.discovery.k8s.io", "apiservices.apiregistration.k8s.io"})
ACTION = Action("migration.openshift.io/made-by-cluster", _KINDS, apply)
