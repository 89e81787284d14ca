"""Backups, Restores, Schedules and locations as rows of a table, with the columns that Velero's users know. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from mtc.kube import resources
from mtc.kube.client import Object
from mtc.kube.resources import ResourceType
from mtc.look import spans
from mtc.look.tables import Table

_UNKNOWN = "n/a"
#: A column: its name, and the cell of an object at a time.
_Columns = Sequence[tuple[str, Callable[[Object, datetime], str]]]


def table(kind: ResourceType, items: Sequence[Object], *, selector: Callable[[Object | None], str], now: datetime) -> Table:
    """The objects, the newest first.

    Args:
        kind: their type.
        items: the objects.
        selector: writes a label selector.
        now: the time, for what lies ahead.
    """
    columns = _columns(kind, selector)
    ordered = sorted(items, key=lambda item: str(item["metadata"].get("creationTimestamp", "")), reverse=True)
    return Table(tuple(name for name, _ in columns), tuple(tuple(cell(item, now) for _, cell in columns) for item in ordered))


def _columns(kind: ResourceType, selector: Callable[[Object | None], str]) -> _Columns:
    def chosen(spec: Object) -> str:
        several = spec.get("orLabelSelectors") or []
        return " or ".join(selector(one) for one in several) if several else selector(spec.get("labelSelector"))

    name = ("Name", lambda item, _: str(item["metadata"]["name"]))
    created = ("Created", lambda item, _: _time(item["metadata"].get("creationTimestamp")))
    found: Mapping[ResourceType, _Columns] = {
        resources.BACKUPS: (
            name,
            ("Status", lambda item, _: _status(item, "phase") or "New"),
            ("Errors", lambda item, _: _status(item, "errors") or "0"),
            ("Warnings", lambda item, _: _status(item, "warnings") or "0"),
            created,
            ("Expires", lambda item, now: _left(_status(item, "expiration"), now)),
            ("Storage location", lambda item, _: str(item["spec"].get("storageLocation") or "")),
            ("Selector", lambda item, _: chosen(item["spec"])),
        ),
        resources.RESTORES: (
            name,
            ("Backup", lambda item, _: str(item["spec"].get("backupName") or "")),
            ("Status", lambda item, _: _status(item, "phase") or "New"),
            ("Started", lambda item, _: _time(_status(item, "startTimestamp"))),
            ("Completed", lambda item, _: _time(_status(item, "completionTimestamp"))),
            ("Errors", lambda item, _: _status(item, "errors") or "0"),
            ("Warnings", lambda item, _: _status(item, "warnings") or "0"),
            created,
            ("Selector", lambda item, _: chosen(item["spec"])),
        ),
        resources.BACKUP_STORAGE_LOCATIONS: (
            name,
            ("Provider", lambda item, _: str(item["spec"].get("provider") or "")),
            ("Bucket/Prefix", lambda item, _: _place(item["spec"].get("objectStorage") or {})),
            ("Phase", lambda item, _: _status(item, "phase") or "Unknown"),
            ("Last validated", lambda item, _: _time(_status(item, "lastValidationTime"))),
            ("Access mode", lambda item, _: str(item["spec"].get("accessMode") or "ReadWrite")),
            ("Default", lambda item, _: "true" if item["spec"].get("default") else ""),
        ),
    }
    schedule: _Columns = (
        name,
        ("Status", lambda item, _: _status(item, "phase") or "New"),
        created,
        ("Schedule", lambda item, _: str(item["spec"].get("schedule") or "")),
        ("Backup TTL", lambda item, _: str((item["spec"].get("template") or {}).get("ttl") or "")),
        ("Last backup", lambda item, now: _ago(_status(item, "lastBackup"), now)),
        ("Selector", lambda item, _: chosen(item["spec"].get("template") or {})),
        ("Paused", lambda item, _: "true" if item["spec"].get("paused") else "false"),
    )
    return found.get(kind, schedule)


def _status(item: Object, key: str) -> str:
    return str((item.get("status") or {}).get(key) or "")


def _place(storage: Object) -> str:
    return "/".join(part for part in (storage.get("bucket"), storage.get("prefix")) if part)


def _time(text: object) -> str:
    return str(text).replace("T", " ").removesuffix("Z") if text else _UNKNOWN


def _left(text: str, now: datetime) -> str:
    if not text:
        return _UNKNOWN
    left = datetime.fromisoformat(text) - now
    return spans.text(left) if left.total_seconds() > 0 else "expired"


def _ago(text: str, now: datetime) -> str:
    return f"{spans.text(now - datetime.fromisoformat(text))} ago" if text else _UNKNOWN
