"""A claim brings its volume, and forgets what it was filled from: that source does not exist where it is restored."""

from mtc.api import names
from mtc.engine.actions import Action, Outcome, Related
from mtc.engine.backup.context import Context
from mtc.kube.client import Object

_STALE_LABELS = (names.BACKUP_NAME, names.RESTORE_NAME, names.VOLUME_SNAPSHOT_NAME, names.DYNAMIC_PV_RESTORE)
_STALE_ANNOTATIONS = (names.VOLUME_SNAPSHOT_NAME, names.DATA_UPLOAD_NAME)


async def apply(claim: Object, _context: Context) -> Outcome:
    """The claim without its data sources."""
    spec, meta = claim.get("spec") or {}, claim["metadata"]
    spec.pop("dataSource", None)
    spec.pop("dataSourceRef", None)
    if spec.get("storageClassName"):
        spec.pop("selector", None)
    for key in _STALE_LABELS:
        (meta.get("labels") or {}).pop(key, None)
    for key in _STALE_ANNOTATIONS:
        (meta.get("annotations") or {}).pop(key, None)
    bound = (claim.get("status") or {}).get("phase") == "Bound" and spec.get("volumeName")
    return Outcome(claim, (Related("persistentvolumes", "", spec["volumeName"]),) if bound else ())


ACTION = Action("velero.io/pv", frozenset({"persistentvolumeclaims"}), apply)
