"""A Job with other claims: its pod template cannot be changed, so it is made anew under another name. Pure.

What a Job had done before is lost, as when its pod had been evicted: it begins from the start.
"""

import hashlib

from mtc.api import names
from mtc.kube.client import Object
from mtc.migration.quiesce.workload import annotations, pod_template
from mtc.migration.swap import body
from mtc.migration.swap.claims import Names

_IDENTITY = ("controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name")
_SERVER = ("uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink", "finalizers", "generateName")
#: With a dash and five characters it is a name of 63, which fits into a label.
_LONGEST = 57


def new_name(item: Object, *, back: bool) -> str:
    """Name of the Job that takes the place of another: always the same for the same one, and the old name on the way back."""
    before = annotations(item).get(names.NAME_BEFORE)
    if back and before:
        return before
    meta = item["metadata"]
    return f"{(before or meta['name'])[:_LONGEST]}-{hashlib.sha256(meta['uid'].encode()).hexdigest()[:5]}"


def converted(item: Object, claims: Names, starting: list[Object], *, back: bool) -> Object:
    """The Job as it shall be; arguments as for a StatefulSet."""
    made = {key: value for key, value in item.items() if key != "status"}
    for patch in starting:
        made = body.merge(made, patch)
    meta = {key: value for key, value in made["metadata"].items() if key not in _SERVER}
    marks = {**annotations(made), names.NAME_BEFORE: annotations(item).get(names.NAME_BEFORE) or item["metadata"]["name"]}
    if back:
        marks.pop(names.NAME_BEFORE)
    labels = {key: value for key, value in (meta.get("labels") or {}).items() if key not in _IDENTITY}
    template = pod_template(made)
    inner = {key: value for key, value in ((template.get("metadata") or {}).get("labels") or {}).items() if key not in _IDENTITY}
    volumes = body.volumes(template, claims)
    spec = {key: value for key, value in made["spec"].items() if key != "selector" or made["spec"].get("manualSelector")}
    changed = {"spec": {"volumes": volumes}} if volumes is not None else {}
    spec["template"] = {**body.merge(template, changed), "metadata": {**(template.get("metadata") or {}), "labels": inner}}
    return {**made, "metadata": {**meta, "name": new_name(item, back=back), "labels": labels, "annotations": marks}, "spec": spec}
