"""A pod waits for a claim that is not bound."""

from collections.abc import Iterable

from mtc.kube import resources
from mtc.migration.outcome import Subject
from mtc.migration.quiesce.pods import mounted
from mtc.migration.stalls.cause import Blocker, Cause
from mtc.migration.stalls.look import Look, describe, phase_of, title


async def find(look: Look) -> Iterable[Blocker]:
    """One for each claim."""
    found: dict[str, Blocker] = {}
    for pod in await look.pods():
        if phase_of(pod.item) != "Pending":
            continue
        space = pod.item["metadata"]["namespace"]
        claims = {
            item["metadata"]["name"]: item for item in await look.read(pod.cluster, resources.PERSISTENT_VOLUME_CLAIMS, namespace=space)
        }
        for name in sorted(mounted(pod.item) & claims.keys()):
            claim = Subject(pod.cluster, claims[name])
            if phase_of(claim.item) != "Bound":
                found[title(claim)] = await _of(look, claim, pod)
    return found.values()


async def _of(look: Look, claim: Subject, pod: Subject) -> Blocker:
    spec = claim.item.get("spec") or {}
    storage = spec.get("storageClassName")
    of_class = f"StorageClass {storage}" if storage else "no StorageClass"
    told = await look.complaint(claim)
    why = f"it is {phase_of(claim.item) or 'new'} ({of_class}), and Pod {pod.item['metadata']['name']} waits for its volume."
    return Blocker(title(claim), f"{why} {told}".strip(), describe(claim))


CAUSE = Cause(order=40, reason="ClaimUnbound", find=find)
