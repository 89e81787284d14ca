"""In the final restore of a migration a pod that belongs to a controller is left to that controller, and none is tied to nodes."""

from mtc.api import names
from mtc.engine.actions import Action, Outcome
from mtc.engine.restore.context import Subject
from mtc.kube.client import Object


async def apply(pod: Object, subject: Subject) -> Outcome:
    """The pod without node selector; nothing when its controller makes it again."""
    if not subject.context.is_final:
        return Outcome(pod)
    original = subject.original["metadata"]
    if original.get("ownerReferences") and names.BACKUP_VOLUMES not in (original.get("annotations") or {}):
        return Outcome(None, why="its controller makes it again")
    pod["spec"].pop("nodeSelector", None)
    return Outcome(pod)


ACTION = Action("migration.openshift.io/final-pod", frozenset({"pods"}), apply)
