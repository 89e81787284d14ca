"""A claim forgets which volume of the other cluster it was bound to, and brings that volume."""

from mtc.api import names
from mtc.engine.actions import Action, Outcome, Related
from mtc.engine.restore.context import Subject
from mtc.kube.client import Object

_ANNOTATIONS = (
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/selected-node",
    names.VOLUME_SNAPSHOT_NAME,
    names.DATA_UPLOAD_NAME,
)


async def apply(claim: Object, subject: Subject) -> Outcome:
    """The claim without marks of its binding."""
    annotations = claim["metadata"].get("annotations") or {}
    for key in _ANNOTATIONS:
        annotations.pop(key, None)
    volume = claim["spec"].get("volumeName")
    was_bound = (subject.original.get("status") or {}).get("phase") == "Bound"
    return Outcome(claim, (Related("persistentvolumes", "", volume),) if volume and was_bound else ())


ACTION = Action("velero.io/pvc", frozenset({"persistentvolumeclaims"}), apply)
