"""What passes over plans need of the objects that they depend on: what is kept, what counts as a change, how it is found.

A change elsewhere in an object wakes nobody. Without this a running migration, which writes its status many times a minute,
would wake its plan as often, and a change of one plan would wake all others. Pure functions.
"""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import orjson

from mtc.api import base, conditions, names
from mtc.api.migration.miganalytic import MigAnalytic
from mtc.api.migration.migmigration import MigMigration
from mtc.api.migration.migplan import MigPlan
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.kube.mirror import Shape
from mtc.kube.reading import labels
from mtc.kube.resources import ResourceType
from mtc.migration import health, plan_asides
from mtc.migration.checks.plan import conflict
from mtc.migration.volumes import quota, workloads

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
# Conditions of a MigAnalytic that change nothing for its plan.
_NO_NEWS = frozenset({conditions.EXTENDED_PV_ANALYSIS_STARTED})
#: Indices: the plans that work on a namespace of a cluster, the migrations of a plan.
TOUCHED = "touched"
PLAN = "plan"


def touched(cluster: base.Ref, namespace: str) -> str:
    """The value under which a plan is found by a cluster and a namespace that it works on."""
    return f"{cluster} {namespace}"


def _digest(relevant: Callable[[Object], Any]) -> Callable[[Object], str]:
    return lambda item: hashlib.sha256(orjson.dumps(relevant(item), option=orjson.OPT_SORT_KEYS)).hexdigest()


# --- What is kept ---------------------------------------------------------------------------------------------------------
def _quiet(item: Object) -> Object:
    """Without what only servers and kubectl need."""
    meta = {key: value for key, value in item["metadata"].items() if key != "managedFields"}
    if _LAST_APPLIED in (meta.get("annotations") or {}):
        meta["annotations"] = {key: value for key, value in meta["annotations"].items() if key != _LAST_APPLIED}
    return {**item, "metadata": meta}


def _plan(item: Object) -> Object:
    kept = _quiet(item)
    # Others care for where a plan works, not for its volumes.
    kept["spec"] = {key: value for key, value in (item.get("spec") or {}).items() if key != "persistentVolumes"}
    kept.pop("status", None)
    return kept


def _migration(item: Object) -> Object:
    status = item.get("status") or {}
    return {**_quiet(item), "status": {"conditions": status.get("conditions") or []}}


def _identity(item: Object) -> Object:
    meta = item["metadata"]
    keys = ("generation", "name", "namespace", "uid", "resourceVersion", "ownerReferences", "deletionTimestamp", "labels")
    return {
        "apiVersion": item.get("apiVersion"),
        "kind": item.get("kind"),
        "metadata": {key: meta[key] for key in keys if key in meta},
    }


def _pod(item: Object) -> Object:
    spec, status = item.get("spec") or {}, item.get("status") or {}
    return {
        **_identity(item),
        "spec": {"nodeName": spec.get("nodeName"), "nodeSelector": spec.get("nodeSelector"), "volumes": _claims(spec)},
        "status": {key: status[key] for key in ("phase", "conditions", "initContainerStatuses", "containerStatuses") if key in status},
    }


def _claims(spec: Object) -> list[Object]:
    return [volume for volume in spec.get("volumes") or [] if "persistentVolumeClaim" in volume or "dataVolume" in volume]


def _template(spec: Object) -> Object:
    return {"template": {"spec": {"volumes": _claims((spec.get("template") or {}).get("spec") or {})}}}


def _workload(item: Object) -> Object:
    spec = item.get("spec") or {}
    kept = _template(spec) | {key: spec[key] for key in ("volumeClaimTemplates", "ordinals", "replicas") if key in spec}
    if "jobTemplate" in spec:
        kept["jobTemplate"] = {"spec": _template((spec["jobTemplate"] or {}).get("spec") or {})}
    return {**_identity(item), "spec": kept}


# --- What counts as a change ------------------------------------------------------------------------------------------------
def _spec_and_conditions(item: Object) -> Any:
    status = item.get("status") or {}
    return [item.get("spec"), _shown(status, "type", "status", "category"), status.get("registryPath")]


def _analysis(item: Object) -> Any:
    # While it counts, its figures change with each namespace.
    status = item.get("status") or {}
    is_ready = any(part.get("type") == "Ready" for part in status.get("conditions") or [])
    shown = [item for item in _shown(status, "type", "status", "reason", "message") if item[0] not in _NO_NEWS]
    is_asked_again = bool((item.get("spec") or {}).get("refresh"))
    return [is_asked_again, shown, status.get("measuringSeconds"), (status.get("analytics") or {}).get("namespaces") if is_ready else None]


def _shown(status: Object, *keys: str) -> list[list[str]]:
    """What conditions say, whatever their order; in one that came with a manifest something may be missing."""
    return sorted([str(part.get(key) or "") for key in keys] for part in status.get("conditions") or [])


def _analytic(item: Object) -> Object:
    """The claims, without what was counted besides: plans look at how full volumes are."""
    status = item.get("status") or {}
    spaces = [
        {"namespace": entry.get("namespace"), "persistentVolumes": entry.get("persistentVolumes") or []}
        for entry in (status.get("analytics") or {}).get("namespaces") or []
    ]
    kept = {"conditions": status.get("conditions") or [], "measuringSeconds": status.get("measuringSeconds")}
    return {**_quiet(item), "status": kept | {"analytics": {"namespaces": spaces}}}


def _where(item: Object) -> Any:
    spec = item.get("spec") or {}
    return [spec.get(key) for key in ("namespaces", "srcMigClusterRef", "destMigClusterRef", "closed")]


def _claim(item: Object) -> Any:
    found = item["metadata"].get("labels")
    return [item.get("spec"), (item.get("status") or {}).get("phase"), found, item["metadata"].get("ownerReferences")]


def _pod_mark(item: Object) -> Any:
    # How many pods run, whether they are healthy, and what they mount: not each container that becomes ready.
    phase = (item.get("status") or {}).get("phase")
    return [health.is_unhealthy(item), phase == "Running", item["spec"].get("nodeSelector"), list(workloads.claims_of_pod(item["spec"]))]


def _spec(item: Object) -> Any:
    return item.get("spec")


def _spec_and_annotations(item: Object) -> Any:
    return [item.get("spec"), item["metadata"].get("annotations")]


def _spec_and_labels(item: Object) -> Any:
    return [item.get("spec"), item["metadata"].get("labels")]


def _data(item: Object) -> Any:
    return [item.get("data"), item["metadata"].get("labels")]


def _namespace(item: Object) -> Any:
    return [(item.get("status") or {}).get("phase"), item["metadata"].get("annotations")]


def _quota(item: Object) -> Any:
    # Pods and what else a quota counts come and go all the time.
    used = (item.get("status") or {}).get("used") or {}
    return [item.get("spec"), {key: used.get(key) for key in quota.counted_keys(item)}]


def _kubevirt(item: Object) -> Any:
    status = item.get("status") or {}
    return [item.get("spec"), status.get("operatorVersion"), status.get("observedKubeVirtVersion")]


def _definition(item: Object) -> Any:
    # A definition's status changes often and its generation only when it says something else.
    meta = item["metadata"]
    return meta.get("generation") or meta.get("resourceVersion")


# --- How it is found --------------------------------------------------------------------------------------------------------
def _touched_by(item: Object) -> Iterable[str]:
    try:
        return [touched(cluster, namespace) for cluster, namespace in conflict.touched(MigPlan.from_dict(item))]
    except base.InvalidResource:
        return []


def _analysed(item: Object) -> Iterable[str]:
    try:
        reference = MigAnalytic.from_dict(item).spec.mig_plan_ref
    except base.InvalidResource:
        return []
    return [str(reference.ref)] if reference.is_set else []


def _plan_of(item: Object) -> Iterable[str]:
    try:
        reference = MigMigration.from_dict(item).spec.mig_plan_ref
    except base.InvalidResource:
        return []
    return [str(reference.ref)] if reference is not None and reference.is_set else []


#: Ours and those with proxy settings; all others would be too many to keep.
_SECRETS = (f"{names.PART_OF}={names.PART_OF_VALUE}", plan_asides.PROXY_SELECTOR)
_LOCATION = Shape(keep=_quiet, mark=_digest(_spec_and_labels), indices={"labels": labels})
_WORKLOAD = Shape(keep=_workload, mark=_digest(_spec))
_DEFINITION = Shape(keep=_identity, mark=_definition, metadata_only=True)

SHAPES: dict[ResourceType, Shape] = {
    resources.MIG_CLUSTERS: Shape(keep=_quiet, mark=_digest(_spec_and_conditions)),
    resources.MIG_STORAGES: Shape(keep=_quiet, mark=_digest(_spec_and_conditions)),
    resources.MIG_MIGRATIONS: Shape(keep=_migration, mark=_digest(_spec_and_conditions), indices={PLAN: _plan_of}),
    resources.MIG_ANALYTICS: Shape(keep=_analytic, mark=_digest(_analysis), indices={PLAN: _analysed}),
    resources.MIG_PLANS: Shape(keep=_plan, mark=_digest(_where), indices={TOUCHED: _touched_by}),
    resources.PERSISTENT_VOLUME_CLAIMS: Shape(keep=_quiet, mark=_digest(_claim)),
    resources.PERSISTENT_VOLUMES: Shape(keep=_quiet, mark=_digest(_spec_and_annotations)),
    resources.PODS: Shape(keep=_pod, mark=_digest(_pod_mark)),
    resources.NAMESPACES: Shape(keep=_quiet, mark=_digest(_namespace)),
    resources.SECRETS: Shape(keep=_quiet, mark=_digest(_data), indices={"labels": labels}, selectors=_SECRETS, alone=True),
    resources.CONFIG_MAPS: Shape(keep=_quiet, mark=_digest(_data), alone=True),
    resources.BACKUP_STORAGE_LOCATIONS: _LOCATION,
    resources.VOLUME_SNAPSHOT_LOCATIONS: _LOCATION,
    resources.CUSTOM_RESOURCE_DEFINITIONS: _DEFINITION,
    resources.API_SERVICES: _DEFINITION,
    resources.RESOURCE_QUOTAS: Shape(keep=_quiet, mark=_digest(_quota)),
    resources.LIMIT_RANGES: Shape(keep=_quiet, mark=_digest(_spec)),
    plan_asides.KUBEVIRTS: Shape(keep=_quiet, mark=_digest(_kubevirt)),
    **dict.fromkeys(workloads.KINDS, _WORKLOAD),
}
