"""A pod has a node, and its containers do not start."""

from collections.abc import Iterable

from mtc.migration.outcome import Subject
from mtc.migration.stalls.cause import Blocker, Cause
from mtc.migration.stalls.causes.image_pull import REASONS
from mtc.migration.stalls.look import Look, describe, phase_of, short, title, waiting_containers

#: Words for "on its way", which say nothing about why it takes so long.
_USUAL = frozenset({"ContainerCreating", "PodInitializing"})


async def find(look: Look) -> Iterable[Blocker]:
    """One for each pod."""
    found = [await _of(look, pod) for pod in await look.pods() if (pod.item.get("spec") or {}).get("nodeName")]
    return [entry for entry in found if entry]


async def _of(look: Look, pod: Subject) -> Blocker | None:
    waits = waiting_containers(pod.item)
    if any(wait.get("reason") in REASONS for wait in waits):
        return None
    special = next((wait for wait in waits if wait.get("reason") not in _USUAL), None)
    if special:
        why = f"container {special['name']} does not start: {special.get('reason')}: {short(str(special.get('message') or ''))}"
        return Blocker(title(pod), why.removesuffix(": "), describe(pod))
    if phase_of(pod.item) != "Pending" or _is_initialising(pod):
        return None
    node = pod.item["spec"]["nodeName"]
    told = await look.complaint(pod) or "the kubelet there says nothing: the node may be down."
    return Blocker(title(pod), f"node {node} does not start it: {told}", describe(pod))


def _is_initialising(pod: Subject) -> bool:
    status = pod.item.get("status") or {}
    return any((entry.get("state") or {}).get("running") for entry in status.get("initContainerStatuses") or [])


CAUSE = Cause(order=70, reason="PodNotStarting", find=find)
