"""What to do with an object that exists already. Pure."""

import copy
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from mtc.api import names
from mtc.engine.restore_actions import pod, pod_volume_restore
from mtc.kube.client import Object

_DROPPED = ("generateName", "selfLink", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
            "deletionGracePeriodSeconds", "ownerReferences")  # fmt: skip
#: The API servers of one cluster may differ so much in what time it is.
_CLOCKS = timedelta(seconds=1)
#: Maps in which a missing key means that it shall not exist, as opposed to a field left to its default.
WHOLE = ("data", "binaryData", "stringData")


def is_made_by(restore: Object, live: Object) -> bool:
    """Whether the existing object was made by this Restore before it was interrupted, and not by an earlier one of the same name."""
    meta = restore["metadata"]
    if (live["metadata"].get("labels") or {}).get(names.RESTORE_NAME) != names.label_value(meta["name"]):
        return False
    began, made = (datetime.fromisoformat(item["metadata"]["creationTimestamp"]) for item in (restore, live))
    return made >= began - _CLOCKS


def reset(item: Object) -> Object:
    """The object without what belongs to the cluster it came from. The same dict, changed."""
    for key in _DROPPED:
        item["metadata"].pop(key, None)
    item.pop("status", None)
    return item


def is_same(desired: Any, live: Any) -> bool:
    """Whether the live object says everything that is desired; what the server filled in by default does not count."""
    if isinstance(desired, Mapping):
        if not isinstance(live, Mapping):
            return not desired and live is None
        return all(is_same(value, live.get(key)) for key, value in desired.items())
    if isinstance(desired, list):
        if not desired and live is None:
            return True
        return isinstance(live, list) and len(desired) == len(live) and all(map(is_same, desired, live))
    return bool(desired == live or (desired in ("", None, False) and live is None))


def comparable(item: Object, *, ignored_labels: Mapping[str, str]) -> Object:
    """The part of an object that decides whether two are the same: no managed fields, finalizers or labels of ours."""
    meta = item["metadata"]
    labels = {key: value for key, value in (meta.get("labels") or {}).items() if key not in ignored_labels}
    body = {key: value for key, value in item.items() if key not in {"metadata", "status", "apiVersion", "kind"}}
    return body | {"metadata": {"labels": labels, "annotations": meta.get("annotations") or {}}}


def differs(desired: Object, live: Object, *, ignored_labels: Mapping[str, str]) -> bool:
    """Whether an existing object is another one than the desired."""
    if desired.get("kind") == "Pod":
        desired, live = (_without_helpers(pod) for pod in (desired, live))
    wanted, found = comparable(desired, ignored_labels=ignored_labels), comparable(live, ignored_labels=ignored_labels)
    if any(set(found.get(key) or {}) - set(wanted.get(key) or {}) for key in WHOLE):
        return True
    return not is_same(wanted, found)


def _without_helpers(item: Object) -> Object:
    """The pod without what the API server, or a restore, puts into every pod: token volumes, and the container that waits for data."""
    made: Object = copy.deepcopy({**item, "metadata": {**item["metadata"], "managedFields": None}})
    pod.drop_token_volumes(made["spec"])
    pod_volume_restore.drop(made["spec"])
    return made


def merged_account(desired: Object, live: Object, *, kept_off: Collection[str]) -> Object:
    """The patch that adds a restored ServiceAccount's secrets, labels and annotations to an existing one; {} when none is new.

    Args:
        desired: the restored one.
        live: the existing one.
        kept_off: labels by which a rollback would take the existing one for restored.
    """
    patch: Object = {}
    for key in ("secrets", "imagePullSecrets"):
        have = live.get(key) or []
        names = {entry.get("name") for entry in have}
        more = [entry for entry in desired.get(key) or [] if entry.get("name") not in names]
        if more:
            patch[key] = [*have, *more]
    meta: Object = {}
    for key in ("labels", "annotations"):
        have_map = live["metadata"].get(key) or {}
        new = {
            name: value
            for name, value in (desired["metadata"].get(key) or {}).items()
            if name not in have_map and not (key == "labels" and name in kept_off)
        }
        if new:
            meta[key] = new
    return patch | ({"metadata": meta} if meta else {})


def update_patch(desired: Object, live: Object) -> Object:
    """The merge patch that makes the live object say what is desired."""
    patch = {key: value for key, value in desired.items() if key not in {"apiVersion", "kind", "metadata"}}
    for key in WHOLE:
        gone = set(live.get(key) or {}) - set(desired.get(key) or {})
        if gone:
            patch[key] = {**(patch.get(key) or {}), **dict.fromkeys(gone)}
    meta = {key: desired["metadata"][key] for key in ("labels", "annotations") if desired["metadata"].get(key)}
    return patch | ({"metadata": meta} if meta else {})
