"""A finalizer keeps an object that has to go."""

from collections.abc import Iterable

from mtc.kube import resources
from mtc.migration.outcome import Subject
from mtc.migration.quiesce.pods import mounted
from mtc.migration.stalls.cause import Blocker, Cause
from mtc.migration.stalls.look import Look, title

#: The cluster takes this one away itself when what the object owns is gone: that is then the object that blocks.
_OF_THE_CLUSTER = frozenset({"foregroundDeletion", "orphan"})
_IN_USE = "kubernetes.io/pvc-protection"


async def find(look: Look) -> Iterable[Blocker]:
    """One for each object."""
    going = [subject for subject in look.subjects if subject.item["metadata"].get("deletionTimestamp")]
    return [await _of(look, subject, names) for subject in going if (names := _finalizers(subject))]


def _finalizers(subject: Subject) -> list[str]:
    return [name for name in subject.item["metadata"].get("finalizers") or [] if name not in _OF_THE_CLUSTER]


async def _of(look: Look, subject: Subject, names: list[str]) -> Blocker:
    item, meta = subject.item, subject.item["metadata"]
    space = f"-n {meta['namespace']} " if meta.get("namespace") else ""
    if item["kind"] == resources.PERSISTENT_VOLUME_CLAIMS.kind and names == [_IN_USE]:
        pods = await look.read(subject.cluster, resources.PODS, namespace=meta["namespace"])
        users = ", ".join(pod["metadata"]["name"] for pod in pods if meta["name"] in mounted(pod)) or "pods that are not seen"
        return Blocker(title(subject), f"it is deleted when nothing uses it any more: {users}.", f"kubectl {space}get pods")
    why = (
        f"it is being deleted, and finalizers keep it: {', '.join(names)}. Whoever set them has to take them away; only when that program is "
        "gone for good, remove them by hand."
    )
    group = str(item.get("apiVersion") or "").rpartition("/")[0]
    kind = f"{item['kind'].lower()}.{group}" if "." in group else item["kind"].lower()
    return Blocker(
        title(subject), why, f'kubectl {space}patch {kind} {meta["name"]} --type=merge -p \'{{"metadata":{{"finalizers":null}}}}\''
    )


CAUSE = Cause(order=110, reason="FinalizerBlocks", find=find)
