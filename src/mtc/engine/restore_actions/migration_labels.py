"""Every object that a migration restores says which one: that is what a rollback selects by."""

from mtc.api import names
from mtc.engine.actions import EVERYTHING, Action, Outcome
from mtc.engine.restore.context import Subject
from mtc.kube.client import Object


async def apply(item: Object, subject: Subject) -> Outcome:
    """The object with the labels of its migration; what existed before does not get them, see `existing`."""
    labels = item["metadata"].setdefault("labels", {})
    if labels is None:
        labels = item["metadata"]["labels"] = {}
    labels.pop(names.INCLUDED_IN_STAGE_BACKUP, None)
    marks = subject.context.migration_labels
    if marks and (subject.target_namespace or item["kind"] == "PersistentVolume"):
        labels.update(marks)
    return Outcome(item)


ACTION = Action("migration.openshift.io/labels", EVERYTHING, apply)
