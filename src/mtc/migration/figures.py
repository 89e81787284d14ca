"""How far the objects that work for a migration have come, in numbers. Pure; the lines for people are in `progress`.

A phase makes an item of each object that it looks at, without rates and times of our own. `observed` compares these with
what stood in the status before.
"""

from collections.abc import Mapping

from mtc.api import names
from mtc.api.figures import ENDED, ItemFigures, State
from mtc.api.migration.migmigration import Step
from mtc.kube.client import Client, Object
from mtc.migration.progress import parse_time

_STATES = {
    "": State.WAITING,
    "New": State.WAITING,
    "Pending": State.WAITING,
    "Succeeded": State.COMPLETED,
    "Queued": State.WAITING,
    "ReadyToStart": State.WAITING,
    "Accepted": State.WAITING,
    "Prepared": State.WAITING,
    "Completed": State.COMPLETED,
    "PartiallyFailed": State.PARTIALLY_FAILED,
    "Failed": State.FAILED,
    "FailedValidation": State.FAILED,
    "Canceled": State.CANCELED,
}
#: Volume of a pod: namespace and name of the pod, name of the volume.
VolumeKey = tuple[str, str, str]


def of_objects(item: Object, cluster: Client) -> ItemFigures:
    """A Backup or a Restore, which counts objects."""
    count = _count(item)
    done = count.get("itemsBackedUp" if item["kind"] == "Backup" else "itemsRestored")
    return _basic(item, cluster).model_copy(update={"objects_done": _whole(done), "objects_total": _whole(count.get("totalItems"))})


def of_volume(item: Object, cluster: Client, *, claims: Mapping[VolumeKey, str]) -> ItemFigures:
    """A PodVolumeBackup or PodVolumeRestore, which counts bytes.

    Args:
        item: the object.
        cluster: where it works.
        claims: namespace/name of the claims behind volumes of pods, as far as they are known.
    """
    made, count, spec = _basic(item, cluster), _count(item), item.get("spec") or {}
    pod, volume = spec.get("pod") or {}, str(spec.get("volume") or "")
    total = _whole(count.get("totalBytes")) or None
    if made.state == State.COMPLETED:
        total = total or 0  # an empty volume has no figures
    done = _whole(count.get("bytesDone")) if total else 0 if made.state == State.COMPLETED else None
    claim = (item["metadata"].get("annotations") or {}).get(names.PVC_NAME)
    space, name = str(pod.get("namespace") or ""), str(pod.get("name") or "")
    return made.model_copy(
        update={
            "bytes_done": done,
            "bytes_total": total,
            "pod": f"{space}/{name}",
            "volume": volume,
            "claim": f"{space}/{claim}" if claim else claims.get((space, name, volume)),
            "node": spec.get("node") or (item.get("status") or {}).get("node"),
        }
    )


def of_sender(item: Object, cluster: Client) -> ItemFigures:
    """The progress of a direct copy, which counts bytes; `cluster` is where it is sent from."""
    made, count, status = _basic(item, cluster), _count(item), item.get("status") or {}
    pod = f"{(item.get('spec') or {}).get('podNamespace', '')}/{status['podName']}" if status.get("podName") else None
    claim = (item["metadata"].get("annotations") or {}).get(names.PVC_NAME)
    return made.model_copy(
        update={"bytes_done": _whole(count.get("bytesDone")), "bytes_total": _whole(count.get("totalBytes")), "pod": pod, "claim": claim}
    )


def claims_of(steps: list[Step]) -> dict[VolumeKey, str]:
    """The claims of the volumes that earlier steps tell of."""
    items = [item for step in steps if step.figures for item in step.figures.items]
    found: dict[VolumeKey, str] = {}
    for item in items:
        if item.pod and item.volume and item.claim:
            space, _, name = item.pod.partition("/")
            found[space, name, item.volume] = item.claim
    return found


def _basic(item: Object, cluster: Client) -> ItemFigures:
    status = item.get("status") or {}
    state = _STATES.get(str(status.get("phase") or ""), State.RUNNING)
    return ItemFigures(
        kind=str(item["kind"]),
        cluster=cluster.name,
        namespace=str(item["metadata"].get("namespace") or ""),
        name=str(item["metadata"]["name"]),
        state=state,
        started=parse_time(status.get("startTimestamp")),
        completed=parse_time(status.get("completionTimestamp")) if state in ENDED else None,
    )


def _count(item: Object) -> Object:
    found: Object = (item.get("status") or {}).get("progress") or {}
    return found


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) else None
