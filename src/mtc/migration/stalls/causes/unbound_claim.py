"""A pod waits for a claim that cannot be bound.

A claim whose class waits for its first consumer is not bound because its pod has no node; then the pod is the cause, and is told.
"""

from collections.abc import Iterable

from mtc.kube import resources
from mtc.migration.outcome import Subject
from mtc.migration.quiesce.pods import mounted
from mtc.migration.stalls.cause import Blocker, Cause
from mtc.migration.stalls.look import Look, condition, describe, phase_of, title

#: What the scheduler says of claims that have to be bound before a pod gets its node.
_IMMEDIATE = "unbound immediate PersistentVolumeClaims"


async def find(look: Look) -> Iterable[Blocker]:
    """One for each claim."""
    found: dict[str, Blocker] = {}
    for pod in await look.pods():
        for claim in await blamed(look, pod):
            found[title(claim)] = await _of(look, claim, pod)
    return found.values()


async def blamed(look: Look, pod: Subject) -> list[Subject]:
    """The claims that keep a pod from getting a node."""
    if phase_of(pod.item) != "Pending":
        return []
    listed = await look.read(pod.cluster, resources.PERSISTENT_VOLUME_CLAIMS, namespace=pod.item["metadata"]["namespace"])
    names = mounted(pod.item)
    unbound = [Subject(pod.cluster, item) for item in listed if item["metadata"]["name"] in names and phase_of(item) != "Bound"]
    if _IMMEDIATE in str((condition(pod.item, "PodScheduled", status="False") or {}).get("message") or ""):
        return unbound
    return [claim for claim in unbound if phase_of(claim.item) == "Lost" or await look.complaint(claim)]


async def _of(look: Look, claim: Subject, pod: Subject) -> Blocker:
    spec = claim.item.get("spec") or {}
    storage = spec.get("storageClassName")
    of_class = f"StorageClass {storage}" if storage else "no StorageClass"
    told = await look.complaint(claim)
    why = f"it is {phase_of(claim.item) or 'new'} ({of_class}), and Pod {pod.item['metadata']['name']} waits for its volume."
    return Blocker(title(claim), f"{why} {told}".strip(), describe(claim))


CAUSE = Cause(order=40, reason="ClaimUnbound", find=find)
