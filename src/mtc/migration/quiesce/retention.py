"""StatefulSets that delete their claims: when they are scaled down, or when they are deleted themselves. Pure."""

from mtc.kube import resources
from mtc.kube.client import Object

#: Has a StatefulSet keep its claims when it is deleted.
KEEP_WHEN_DELETED: Object = {"spec": {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain"}}}


def when_scaled(item: Object) -> bool:
    """Whether a workload deletes its claims when it is scaled down."""
    return item["kind"] == resources.STATEFUL_SETS.kind and _policy(item).get("whenScaled") == "Delete"


def when_deleted(item: Object) -> bool:
    """Whether a StatefulSet deletes its claims when it is deleted."""
    return _policy(item).get("whenDeleted") == "Delete"


def _policy(item: Object) -> Object:
    return item["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
