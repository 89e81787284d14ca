"""Claims and volumes of a migration get the storage class, access mode and capacity that the plan chose for the target."""

from mtc.api import names, quantities
from mtc.engine.actions import Action, Outcome
from mtc.engine.restore.context import Subject
from mtc.kube.client import Object

_MARKS = (names.MIGRATE_TYPE, names.TARGET_STORAGE_CLASS, names.TARGET_ACCESS_MODE, names.COPY_METHOD, names.TARGET_CAPACITY)
_OLD_CLASS = "volume.beta.kubernetes.io/storage-class"


async def apply(item: Object, _subject: Subject) -> Outcome:
    """The claim or volume with the plan's choices in place, and without the marks that carried them."""
    annotations = item["metadata"].get("annotations") or {}
    if annotations.get(names.MIGRATE_TYPE) == "copy":
        item["spec"].pop("selector", None)
        if names.TARGET_STORAGE_CLASS in annotations:
            annotations.pop(_OLD_CLASS, None)
            item["spec"]["storageClassName"] = annotations[names.TARGET_STORAGE_CLASS]
        mode = annotations.get(names.TARGET_ACCESS_MODE)
        if item["kind"] == "PersistentVolumeClaim":
            if mode:
                item["spec"]["accessModes"] = [mode]
            _enlarge(item["spec"], annotations.get(names.TARGET_CAPACITY, ""))
    for key in _MARKS:
        annotations.pop(key, None)
    return Outcome(item)


def _enlarge(spec: Object, wanted: str) -> None:
    """Asks for at least this capacity; what cannot be read changes nothing, and nothing becomes smaller."""
    requests = spec.setdefault("resources", {}).setdefault("requests", {}) if wanted else {}
    try:
        if wanted and quantities.to_bytes(wanted) > quantities.to_bytes(requests.get("storage", 0)):
            requests["storage"] = wanted
    except quantities.InvalidQuantity:
        return


ACTION = Action("migration.openshift.io/volume", frozenset({"persistentvolumeclaims", "persistentvolumes"}), apply)
