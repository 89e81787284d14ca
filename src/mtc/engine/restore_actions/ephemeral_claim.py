"""The claim of a generic ephemeral volume is left to the cluster, which makes it for the pod that it belongs to.

One that is there already belongs to another pod, or to none, and then the pod never starts.
"""

from mtc.engine.actions import Action, Outcome
from mtc.engine.restore.context import Subject
from mtc.kube.client import Object


async def apply(claim: Object, subject: Subject) -> Outcome:
    """The claim, unless a pod owns it; files that were saved go into the one that the cluster makes."""
    owners = subject.original["metadata"].get("ownerReferences") or []
    if any(owner.get("kind") == "Pod" and owner.get("controller") for owner in owners):
        return Outcome(None, why="the cluster makes it for its pod")
    return Outcome(claim)


# Before the claim brings its volume.
ACTION = Action("migration.openshift.io/ephemeral-claim", frozenset({"persistentvolumeclaims"}), apply)
