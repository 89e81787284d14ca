"""A pod has no node."""

from collections.abc import Iterable

from mtc.migration.outcome import Subject
from mtc.migration.stalls.cause import Blocker, Cause
from mtc.migration.stalls.causes import unbound_claim
from mtc.migration.stalls.look import Look, condition, describe, phase_of, short, title


async def find(look: Look) -> Iterable[Blocker]:
    """One for each pod that no claim explains."""
    return [await _of(look, pod) for pod in await look.pods() if _has_no_node(pod) and not await unbound_claim.blamed(look, pod)]


def _has_no_node(pod: Subject) -> bool:
    return phase_of(pod.item) == "Pending" and not (pod.item.get("spec") or {}).get("nodeName")


async def _of(look: Look, pod: Subject) -> Blocker:
    told = condition(pod.item, "PodScheduled", status="False") or {}
    why = short(str(told.get("message") or "")) or await look.complaint(pod, "FailedScheduling") or "no scheduler has looked at it."
    return Blocker(title(pod), f"it has no node: {why}", describe(pod))


CAUSE = Cause(order=50, reason="PodUnschedulable", find=find)
