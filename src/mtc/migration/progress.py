"""Lines that tell how far an object has come that works for a migration. Pure."""

from datetime import datetime, timedelta

from mtc.api import durations
from mtc.kube.client import Object

_UNITS = "kMGTPE"
_STEP = 1000


def amount(size_bytes: int) -> str:
    """Bytes as people read them: `999 B`, `12.34 MB`."""
    if size_bytes < _STEP:
        return f"{size_bytes} B"
    power = min(len(_UNITS), (len(str(size_bytes)) - 1) // 3)
    return f"{size_bytes / _STEP**power:.2f} {_UNITS[power - 1]}B"


def backup(item: Object, *, now: datetime) -> str:
    """How far a Backup has come."""
    return _objects(item, done="itemsBackedUp", verb="backed up", now=now)


def restore(item: Object, *, now: datetime) -> str:
    """How far a Restore has come."""
    return _objects(item, done="itemsRestored", verb="restored", now=now)


def pod_volume_backup(item: Object, *, now: datetime) -> str:
    """How far the backup of one volume has come."""
    return _bytes(item, verb="backed up", now=now)


def pod_volume_restore(item: Object, *, now: datetime) -> str:
    """How far the restore of one volume has come; a completed one is marked by its prefix."""
    line = _bytes(item, verb="restored", now=now)
    completed = (item.get("status") or {}).get("phase") == "Completed"
    return f"PodVolumeRestoreCompleted: {line}" if completed else line


def running_s(item: Object, *, now: datetime) -> str:
    """How long an object has been at work, in whole seconds, as Go writes it; empty when it has not begun."""
    status = item.get("status") or {}
    start = parse_time(status.get("startTimestamp"))
    if start is None:
        return ""
    end = parse_time(status.get("completionTimestamp")) or now
    return durations.format_duration(timedelta(seconds=max(0, round((end - start).total_seconds()))))


def parse_time(text: object) -> datetime | None:
    """A time of Kubernetes, None where there is none."""
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None


def title(item: Object) -> str:
    """Kind and namespace/name."""
    return f"{item['kind']} {item['metadata'].get('namespace', '')}/{item['metadata']['name']}"


def _objects(item: Object, *, done: str, verb: str, now: datetime) -> str:
    status = item.get("status") or {}
    phase, count = status.get("phase") or "", status.get("progress") or {}
    if phase in {"", "New", "Queued", "ReadyToStart"}:
        return f"{title(item)}: not started"
    if phase == "FailedValidation":
        return f"{title(item)}: refused: {'; '.join(status.get('validationErrors') or [])}"
    figures = f"{count.get(done, 0)} of about {count.get('totalItems', 0)} objects {verb}"
    return f"{title(item)}: {_state(phase)}{figures}{_after(item, now)}"


def _bytes(item: Object, *, verb: str, now: datetime) -> str:
    status = item.get("status") or {}
    phase, count = status.get("phase") or "", status.get("progress") or {}
    name = f"{title(item)}{_of_pod(item)}"
    if not count.get("totalBytes"):
        if phase == "Completed":
            is_empty = item["kind"] == "PodVolumeBackup" and not status.get("snapshotID")
            return f"{name}: the volume is empty" if is_empty else f"{name}: completed{_after(item, now)}"
        if phase == "Failed":
            return f"{name}: failed: {status.get('message') or 'no message'}"
        return f"{name}: no figures yet, waits for its turn on the node"
    figures = f"{amount(int(count.get('bytesDone') or 0))} of {amount(int(count['totalBytes']))} {verb}"
    return f"{name}: {_state(phase)}{figures}{_after(item, now)}"


def _of_pod(item: Object) -> str:
    spec = item.get("spec") or {}
    pod = spec.get("pod") or {}
    return f" (volume {spec.get('volume', '')} of Pod {pod.get('namespace', '')}/{pod.get('name', '')})"


def _state(phase: str) -> str:
    return {"Failed": "failed, ", "PartiallyFailed": "partially failed, ", "Canceled": "canceled, "}.get(phase, "")


def _after(item: Object, now: datetime) -> str:
    length = running_s(item, now=now)
    return f" ({length})" if length else ""
