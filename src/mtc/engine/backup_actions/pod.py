"""A pod brings its claims and its priority class."""

from mtc.engine.actions import Action, Outcome, Related
from mtc.engine.backup.context import Context
from mtc.kube.client import Object


async def apply(pod: Object, _context: Context) -> Outcome:
    """The pod, unchanged, and what it needs."""
    namespace, spec = pod["metadata"]["namespace"], pod.get("spec") or {}
    claims = [volume["persistentVolumeClaim"]["claimName"] for volume in spec.get("volumes") or [] if volume.get("persistentVolumeClaim")]
    related = [Related("persistentvolumeclaims", namespace, claim) for claim in claims]
    if spec.get("priorityClassName"):
        related.append(Related("priorityclasses.scheduling.k8s.io", "", spec["priorityClassName"]))
    return Outcome(pod, tuple(related))


ACTION = Action("velero.io/pod", frozenset({"pods"}), apply)
