"""Which part of an object matters to those who depend on it. A change elsewhere in it wakes nobody. Pure functions.

Without this a running migration, which writes its status many times a minute, would wake its plan as often.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import orjson

from mtc.kube import resources
from mtc.kube.client import Object
from mtc.kube.resources import ResourceType
from mtc.migration import health
from mtc.migration.volumes import workloads


def mark(kind: ResourceType, item: Object) -> str:
    """A digest of what matters of an object, equal for as long as that stays the same."""
    relevant = _RELEVANT.get(kind, _whole)(item)
    gone = item["metadata"].get("deletionTimestamp")
    return hashlib.sha256(orjson.dumps([relevant, bool(gone)], option=orjson.OPT_SORT_KEYS)).hexdigest()


def _whole(item: Object) -> Any:
    return item["metadata"].get("resourceVersion")


def _spec_and_conditions(item: Object) -> Any:
    status = item.get("status") or {}
    found = [[part.get("type"), part.get("status"), part.get("category")] for part in status.get("conditions") or []]
    return [item.get("spec"), sorted(found), status.get("registryPath")]


def _plan(item: Object) -> Any:
    spec = item.get("spec") or {}
    # Others care for where a plan works, not for its volumes.
    return [spec.get(key) for key in ("namespaces", "srcMigClusterRef", "destMigClusterRef", "closed")]


def _claim(item: Object) -> Any:
    labels = item["metadata"].get("labels")
    return [item.get("spec"), (item.get("status") or {}).get("phase"), labels, item["metadata"].get("ownerReferences")]


def _pod(item: Object) -> Any:
    # How many pods run, whether they are healthy, and what they mount: not each container that becomes ready.
    phase = (item.get("status") or {}).get("phase")
    return [health.is_unhealthy(item), phase == "Running", item["spec"].get("nodeSelector"), list(workloads.claims_of_pod(item["spec"]))]


def _spec_and_labels(item: Object) -> Any:
    return [item.get("spec"), item["metadata"].get("labels")]


def _data(item: Object) -> Any:
    return [item.get("data"), item["metadata"].get("labels")]


def _namespace(item: Object) -> Any:
    return [(item.get("status") or {}).get("phase"), item["metadata"].get("annotations")]


_RELEVANT: dict[ResourceType, Callable[[Object], Any]] = {
    resources.MIG_CLUSTERS: _spec_and_conditions,
    resources.MIG_STORAGES: _spec_and_conditions,
    resources.MIG_MIGRATIONS: _spec_and_conditions,
    resources.MIG_PLANS: _plan,
    resources.PERSISTENT_VOLUME_CLAIMS: _claim,
    resources.PODS: _pod,
    resources.BACKUP_STORAGE_LOCATIONS: _spec_and_labels,
    resources.VOLUME_SNAPSHOT_LOCATIONS: _spec_and_labels,
    resources.SECRETS: _data,
    resources.CONFIG_MAPS: _data,
    resources.NAMESPACES: _namespace,
}
