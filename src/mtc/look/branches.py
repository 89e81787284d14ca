"""A tree as lines of text, the broken branch marked."""

import textwrap
from collections.abc import Iterator
from datetime import datetime

from mtc.look import spans
from mtc.look.tree import Node

_BROKEN, _FINE = "✗", " "
_LONGEST_NOTE, _NARROWEST_NOTE = 400, 40


def lines(root: Node, *, now: datetime, width: int | None = None) -> Iterator[str]:
    """One line for each object: its state, place and times; below a broken one what it says itself. With a width, what is longer is broken."""
    yield from _lines(root, "", "", now, width)


def _lines(node: Node, first: str, rest: str, now: datetime, width: int | None) -> Iterator[str]:
    mark, bar = _BROKEN if _leads_to_broken(node) else _FINE, "│  " if node.children else "   "
    title, state = f"{mark} {first}{_title(node)}", _state(node, now)
    if width is None or len(title) + 2 + len(state) <= width:
        yield f"{title}  {state}"
    else:
        yield title
        yield f"{mark} {rest}{bar}{state}"
    if node.is_broken and node.note:
        note = node.note if len(node.note) <= _LONGEST_NOTE else f"{node.note[: _LONGEST_NOTE - 1]}…"
        head = f"{_BROKEN} {rest}{bar}"
        room = len(note) if width is None else max(width - len(head), _NARROWEST_NOTE)
        yield from (f"{head}{part}" for part in textwrap.wrap(note, room, break_on_hyphens=False))
    for number, child in enumerate(node.children):
        last = number == len(node.children) - 1
        yield from _lines(child, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "), now, width)


def _leads_to_broken(node: Node) -> bool:
    return node.is_broken or any(_leads_to_broken(child) for child in node.children)


def _title(node: Node) -> str:
    return f"{node.kind} {node.name}"


def _state(node: Node, now: datetime) -> str:
    parts = [node.phase or "not begun", f"on {node.cluster}"]
    if node.kind in {"Pod", "Job"}:
        parts.insert(1, f"in namespace {node.namespace}")
    if node.begun and node.ended:
        parts.append(f"took {spans.text(node.ended - node.begun)}, {spans.text(now - node.ended)} ago")
    elif node.begun:
        parts.append(f"since {spans.text(now - node.begun)}")
    return f"[{', '.join(parts)}]"
