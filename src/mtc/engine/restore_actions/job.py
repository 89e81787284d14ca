"""A job gets selector and labels of its new identity."""

from mtc.engine.actions import Action, Outcome
from mtc.engine.restore.context import Subject
from mtc.kube.client import Object

_IDENTITY = ("controller-uid", "batch.kubernetes.io/controller-uid")


async def apply(job: Object, _subject: Subject) -> Outcome:
    """The job without the old controller's uid."""
    spec = job.get("spec") or {}
    selector = (spec.get("selector") or {}).get("matchLabels") or {}
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    for key in _IDENTITY:
        selector.pop(key, None)
        labels.pop(key, None)
        (job["metadata"].get("labels") or {}).pop(key, None)
    return Outcome(job)


ACTION = Action("velero.io/job", frozenset({"jobs.batch"}), apply)
