"""Other claims in the pod template of a workload. Pure."""

from typing import Any

from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration.quiesce.batch import has_ended
from mtc.migration.quiesce.workload import Patch, Workload, has_controller
from mtc.migration.swap.claims import Names


def needs(workload: Workload, item: Object, names: Names) -> bool:
    """Whether a workload would start pods with one of the claims that are replaced.

    A ReplicaSet that a Deployment keeps says what an earlier roll-out was, and a Job that has ended says what was.
    """
    if workload.kind == resources.REPLICA_SETS and has_controller(item):
        return False
    if workload.kind == resources.JOBS and has_ended(item):
        return False
    return volumes(workload.template(item), names) is not None


def volumes(template: Object, names: Names) -> list[Object] | None:
    """The volumes of a pod template with the new claims; None where it has none of the old ones."""
    found = (template.get("spec") or {}).get("volumes") or []
    changed = [_volume(volume, names) for volume in found]
    return changed if changed != found else None


def patches(workload: Workload, item: Object, names: Names, starting: list[Patch]) -> list[Patch]:
    """The merge patches that give a workload the new claims and, with the first of them, start it.

    Args:
        workload: its kind.
        item: as it is.
        names: the claims.
        starting: the patches that start it again, in order; none leaves it as it is.
    """
    changed = volumes(workload.template(item), names)
    if changed is None:
        return starting
    spec: Patch = {"template": {"spec": {"volumes": changed}}}
    if workload.kind.group_resource == resources.CRON_JOBS.group_resource:  # of any version
        spec = {"jobTemplate": {"spec": spec}}
    first, rest = (starting[0], starting[1:]) if starting else ({}, [])
    return [merge(first, {"spec": spec}), *rest]


def merge(item: Object, patch: Patch) -> Object:
    """The object with a merge patch applied to it, as an API server does (RFC 7396)."""
    merged: dict[str, Any] = dict(item)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            before = merged.get(key)
            merged[key] = merge(before if isinstance(before, dict) else {}, value)
        else:
            merged[key] = value
    return merged


def _volume(volume: Object, names: Names) -> Object:
    claim = volume.get("persistentVolumeClaim")
    new = names.get(claim["claimName"]) if claim else None
    return {**volume, "persistentVolumeClaim": {**claim, "claimName": new.name}} if claim and new else volume
