"""A pod that has to end goes on."""

from collections.abc import Iterable
from datetime import datetime

from mtc.kube import resources
from mtc.migration.outcome import Subject
from mtc.migration.progress import parse_time
from mtc.migration.stalls.cause import Blocker, Cause
from mtc.migration.stalls.look import Look, describe, title


async def find(look: Look) -> Iterable[Blocker]:
    """One for each pod that no finalizer keeps."""
    pods = [subject for subject in look.subjects if subject.goes and subject.item["kind"] == resources.PODS.kind]
    return [_of(pod, now=look.scope.now) for pod in pods if not pod.item["metadata"].get("finalizers")]


def _of(pod: Subject, *, now: datetime) -> Blocker:
    meta, node = pod.item["metadata"], (pod.item.get("spec") or {}).get("nodeName")
    until = parse_time(meta.get("deletionTimestamp"))
    if until is None:
        owner = next((f"{entry['kind']} {entry['name']}" for entry in meta.get("ownerReferences") or [] if entry.get("controller")), "")
        why = f"nobody has told it to end{f', though {owner} is stopped' if owner else ''}: the controllers of that cluster may not run."
        return Blocker(title(pod), why, describe(pod))
    if until > now:
        return Blocker(title(pod), f"it was told to end and may take until {meta['deletionTimestamp']}.", describe(pod))
    if not node:
        return Blocker(title(pod), "it was told to end and is still there, without a node.", describe(pod))
    why = f"it should have ended at {meta['deletionTimestamp']}, and node {node} has not said so: the node may be down."
    return Blocker(title(pod), why, f"kubectl get node {node}")


CAUSE = Cause(order=120, reason="PodNotEnding", find=find)
