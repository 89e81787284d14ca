"""Who starts again what a migration has stopped: found in what the object itself tells. Pure.

An API server records for each field who has set it last. A GitOps controller, an operator or an autoscaler that undoes our
change leaves its name there.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import FIELD_MANAGER, Object
from mtc.migration.quiesce.workload import Workload, annotations, has_controller

_MARKS = frozenset({names.PRE_QUIESCE_REPLICAS, names.PRE_QUIESCE_SUSPEND, names.PRE_QUIESCE_NODE_SELECTOR})
#: Paths of the fields by which workloads are stopped, as managedFields has them.
_FIELDS = (
    ("f:spec", "f:replicas"),
    ("f:spec", "f:suspend"),
    ("f:spec", "f:parallelism"),
    ("f:spec", "f:template", "f:spec", "f:nodeSelector"),
)
#: Reason of what is told about them.
STARTED_AGAIN = "StartedAgain"
#: What helps against all of them.
ADVICE = (
    "keep whoever does it from doing so until the migration is over: pause the synchronisation of a GitOps tool, scale the operator to 0, "
    "or delete the HorizontalPodAutoscaler"
)
_OF_THE_CLUSTER = "kube-controller-manager"


def is_started_again(workload: Workload, item: Object) -> bool:
    """Whether the object carries our mark and runs all the same; what a Deployment copies to its ReplicaSets does not count."""
    copied = workload.kind == resources.REPLICA_SETS and has_controller(item)
    return bool(_MARKS & annotations(item).keys()) and not workload.is_stopped(item) and not copied


def describe(item: Object) -> str:
    """Kind, namespace/name and who is behind it, as far as the object tells."""
    meta = item["metadata"]
    who = [f"field manager {manager}" for manager in managers(item)]
    if _OF_THE_CLUSTER in managers(item):
        who.append("which may be a HorizontalPodAutoscaler")
    owners = [f"its owner {owner['kind']} {owner['name']}" for owner in meta.get("ownerReferences") or []]
    by = ", ".join([*who, *owners])
    return f"{item['kind']} {meta['namespace']}/{meta['name']}" + (f" ({by})" if by else "")


def managers(item: Object) -> list[str]:
    """Who has set the fields by which the object is stopped, apart from us."""
    entries: list[dict[str, Any]] = item["metadata"].get("managedFields") or []
    found = [str(entry.get("manager", "")) for entry in entries if any(_has(entry.get("fieldsV1") or {}, path) for path in _FIELDS)]
    return [name for name in dict.fromkeys(found) if name and name != FIELD_MANAGER]


def has_moved(item: Object, *, since: str) -> bool:
    """Whether somebody else has set the fields by which a stopped object was stopped, at that time (as Kubernetes writes it) or later.

    Who only repeats the value that is there does not become its owner: the object has run in between.
    """
    entries: list[dict[str, Any]] = item["metadata"].get("managedFields") or []
    others = [entry for entry in entries if entry.get("manager") != FIELD_MANAGER and str(entry.get("time") or "") >= since]
    return any(_has(entry.get("fieldsV1") or {}, path) for entry in others for path in _FIELDS)


def stopped_for_s(items: Iterable[Object], *, now: datetime) -> float:
    """For how many seconds all of these stand still by our hand; for ever when none says so."""
    entries = [entry for item in items for entry in item["metadata"].get("managedFields") or []]
    times = [entry["time"] for entry in entries if entry.get("manager") == FIELD_MANAGER and entry.get("time")]
    return (now - datetime.fromisoformat(max(times))).total_seconds() if times else float("inf")


def _has(fields: dict[str, Any], path: tuple[str, ...]) -> bool:
    for step in path:
        if step not in fields:
            return False
        fields = fields[step]
    return True
