"""Times as bars: where each begins and ends within the whole, in percent. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mtc.kube.client import Object
from mtc.look import spans
from mtc.look.tree import Node

#: Narrower ones could not be seen.
_NARROWEST = 0.4


@dataclass(frozen=True)
class Span:
    """Something that took time.

    Attributes:
        label: what.
        cluster: where; "" for a step of the migration itself.
        begun, ended: when; `ended` None while it lasts.
        depth: how deep below the migration.
        is_broken: whether it failed.
    """

    label: str
    cluster: str
    begun: datetime
    ended: datetime | None
    depth: int = 0
    is_broken: bool = False


@dataclass(frozen=True)
class Bar:
    """A span as it is drawn; left and width in percent."""

    span: Span
    left: float
    width: float
    took: str


def of(found: Iterable[Span], *, now: datetime) -> list[Bar]:
    """The bars, in the order of the spans."""
    known = list(found)
    if not known:
        return []
    first = min(span.begun for span in known)
    whole = max((max(span.ended or now for span in known) - first), timedelta(seconds=1))
    bars = []
    for span in known:
        lasted = max((span.ended or now) - span.begun, timedelta())
        left = min((span.begun - first) / whole * 100, 100 - _NARROWEST)
        bars.append(Bar(span, round(left, 2), round(max(min(lasted / whole * 100, 100 - left), _NARROWEST), 2), spans.text(lasted)))
    return bars


def steps(migration: Object) -> Iterator[Span]:
    """The steps of a migration that have begun."""
    for step in (migration.get("status") or {}).get("pipeline") or ():
        if begun := _time(step.get("started")):
            yield Span(str(step.get("name")), "", begun, _time(step.get("completed")), 0, bool(step.get("failed")))


def made(node: Node, *, depth: int = 1) -> Iterator[Span]:
    """What was made for a migration, and when work on it was done."""
    for child in node.children:
        if child.begun:
            # A stage pod has no end of its own in its status: its bar would reach until now.
            if child.kind != "Pod":
                yield Span(f"{child.kind} {child.name}", child.cluster, child.begun, child.ended, depth, child.is_broken)
            yield from made(child, depth=depth + 1)


def _time(text: Any) -> datetime | None:
    return datetime.fromisoformat(str(text)) if text else None
