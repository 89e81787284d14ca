"""One object for people: its conditions with what they mean, then all of it, then its events."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mtc.api import catalogue, conditions
from mtc.api.conditions import Condition
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.look import spans
from mtc.look.sites import Site

_INDENT = "  "
_NONE = "<none>"
#: kubectl's own copy of a manifest: everything in it stands elsewhere already.
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
#: Metadata that is shown at the top, or that nobody reads.
_SHOWN_ABOVE = frozenset({"name", "namespace", "labels", "annotations", "managedFields"})


@dataclass(frozen=True)
class Described:
    """What is needed to describe an object.

    Attributes:
        cluster: where it is.
        item: the object.
        events: what was told about it, oldest first.
    """

    cluster: str
    item: Object
    events: tuple[Object, ...] = ()


async def read(site: Site, kind: resources.ResourceType, name: str, *, namespace: str) -> Described | None:
    """The object of one cluster with its events; None when it is not there."""
    item = await site.client.find(kind, name, namespace=namespace)
    if item is None:
        return None
    selector = f"involvedObject.uid={item['metadata']['uid']}"
    events = await site.client.list_all(resources.EVENTS, namespace=namespace, field_selector=selector)
    return Described(site.name, item, tuple(sorted(events, key=_last)))


def lines(described: Described, *, now: datetime) -> Iterator[str]:
    """The description, line by line."""
    item, meta = described.item, described.item["metadata"]
    annotations = {key: value for key, value in (meta.get("annotations") or {}).items() if key != _LAST_APPLIED}
    yield f"Name:         {meta['name']}"
    yield f"Namespace:    {meta.get('namespace') or _NONE}"
    yield f"Cluster:      {described.cluster}"
    yield f"API Version:  {item.get('apiVersion')}"
    yield f"Kind:         {item.get('kind')}"
    yield from _pairs("Labels", meta.get("labels"))
    yield from _pairs("Annotations", annotations)
    yield from _conditions(item, now)
    yield "Metadata:"
    yield from _tree({key: value for key, value in meta.items() if key not in _SHOWN_ABOVE}, 1)
    for part in (key for key in item if key not in {"apiVersion", "kind", "metadata"}):
        value = item[part]
        if part == "status" and isinstance(value, Mapping):
            value = {key: inner for key, inner in value.items() if key != "conditions"}
        if value not in ({}, [], None):
            yield f"{_words(part)}:"
            yield from _tree(value, 1)
    yield from _events(described.events, now)


def _pairs(title: str, pairs: Mapping[str, str] | None) -> Iterator[str]:
    found = [f"{key}={value}" for key, value in (pairs or {}).items()] or [_NONE]
    yield f"{title + ':':<14}{found[0]}"
    for text in found[1:]:
        yield f"{'':<14}{text}"


def _conditions(item: Object, now: datetime) -> Iterator[str]:
    found = conditions.readable(item.get("status"))
    if not found:
        return
    yield "Conditions:"
    for entry in found:
        since = f", for {spans.text(now - entry.last_transition_time)}" if entry.last_transition_time else ""
        state = "" if entry.status == conditions.TRUE else f" is {entry.status}"
        yield f"{_INDENT}{entry.type}{state} ({entry.category}{f', {entry.reason}' if entry.reason else ''}{since})"
        yield f"{_INDENT * 2}{entry.message}"
        yield from _explained(str(item.get("kind") or ""), entry)


def _explained(kind: str, entry: Condition) -> Iterator[str]:
    known = catalogue.find(kind, entry.type, entry.reason, category=entry.category)
    if known is None or entry.category in {conditions.REQUIRED, conditions.ADVISORY}:
        return
    yield f"{_INDENT * 2}Meaning: {known.explanation}"
    if known.remedy:
        yield f"{_INDENT * 2}What to do: {known.remedy}"


def _tree(value: Any, depth: int) -> Iterator[str]:
    pad = _INDENT * depth
    if isinstance(value, Mapping):
        plain = [key for key, inner in value.items() if not isinstance(inner, Mapping | list)]
        size = max((len(_words(key)) for key in plain), default=0)
        for key, inner in value.items():
            if isinstance(inner, Mapping | list) and inner:
                yield f"{pad}{_words(key)}:"
                yield from _tree(inner, depth + 1)
            else:
                yield from _leaf(f"{pad}{_words(key) + ':':<{size + 2}} ", inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for number, inner in enumerate(value):
            if isinstance(inner, Mapping | list):
                if number:
                    yield ""
                yield from _tree(inner, depth)
            else:
                yield f"{pad}{inner}"
    else:
        yield f"{pad}{value}"


def _leaf(start: str, value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        value = str(value).lower()
    first, *others = str(_NONE if value in ({}, [], None, "") else value).splitlines() or [""]
    yield f"{start}{first}".rstrip()
    for line in others:
        yield f"{' ' * len(start)}{line}"


def _words(key: str) -> str:
    """`migPlanRef` as `Mig Plan Ref`; keys that are not of this form stay as they are."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", key):
        return key
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", key[0].upper() + key[1:])


def _events(events: Sequence[Object], now: datetime) -> Iterator[str]:
    if not events:
        yield f"Events:       {_NONE}"
        return
    yield "Events:"
    for event in events:
        count = int(event.get("count") or 1)
        times = f" ({count} times)" if count > 1 else ""
        age = spans.text(now - datetime.fromisoformat(_last(event))) if _last(event) else "?"
        message = " ".join(str(event.get("message") or "").split())
        yield f"{_INDENT}{age} ago  {event.get('type')}  {event.get('reason')}{times}: {message}"


def _last(event: Object) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or "")
