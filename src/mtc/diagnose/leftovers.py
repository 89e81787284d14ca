"""Failed pods that are only still there: another one does their work, or the work was done at another time."""

from mtc.diagnose import owners
from mtc.diagnose.case import Case, Placed
from mtc.diagnose.snapshot import Object

_ENDS = frozenset({"Complete", "Failed", "SuccessCriteriaMet"})


def is_leftover(case: Case, pod: Placed) -> bool:
    """Whether nothing lacks a failed pod.

    Kubernetes keeps pods that were evicted, or ended by a shutdown of their node, beside the ones that stand in for them; a CronJob keeps
    some of its failed ones. A pod that nobody owns is not replaced, and counts.
    """
    owner = owners.controller(pod.item)
    if owner is None:
        return False
    item = case.snapshot.find(pod.cluster, str(owner.get("kind")), str(owner.get("name")), namespace=pod.namespace)
    if item is not None and _has_all(Placed(pod.cluster, item)):
        return True
    return any(_stands_in(other, pod, owner) for other in case.snapshot.all(pod.cluster, "Pod", namespace=pod.namespace))


def _has_all(owner: Placed) -> bool:
    """Whether a controller has the pods that it wants, or has ended well."""
    spec, status = owner.item.get("spec") or {}, owner.status
    match owner.kind:
        case "Job":
            ends = {str(entry.get("type")) for entry in status.get("conditions") or () if entry.get("status") == "True"} & _ENDS
            by_schedule = (owners.controller(owner.item) or {}).get("kind") == "CronJob"
            return bool(status.get("completionTime")) or bool(ends - {"Failed"}) or (by_schedule and bool(ends))
        case "DaemonSet":
            return int(status.get("numberReady") or 0) >= int(status.get("desiredNumberScheduled") or 0)
        case _:
            return int(status.get("readyReplicas") or 0) >= int(spec.get("replicas", 1) or 0)


def _stands_in(other: Object, pod: Placed, owner: Object) -> bool:
    """Whether a pod is a newer one of the same owner, and ready."""
    mine = owners.controller(other)
    ready = any(
        entry.get("type") == "Ready" and entry.get("status") == "True" for entry in (other.get("status") or {}).get("conditions") or ()
    )
    return (
        mine is not None
        and mine.get("uid") == owner.get("uid")
        and owner.get("kind") != "Job"
        and ready
        and str(other["metadata"].get("creationTimestamp") or "") > str(pod.item["metadata"].get("creationTimestamp") or "")
    )
