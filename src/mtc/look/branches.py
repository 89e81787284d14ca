"""A tree as lines of text, the broken branch marked."""

from collections.abc import Iterator
from datetime import datetime

from mtc.look import spans
from mtc.look.tree import Node

_BROKEN, _FINE = "✗", " "
_LONGEST_NOTE = 400


def lines(root: Node, *, now: datetime) -> Iterator[str]:
    """One line for each object: its state, place and times; below a broken one what it says itself."""
    yield from _lines(root, "", "", now)


def _lines(node: Node, first: str, rest: str, now: datetime) -> Iterator[str]:
    yield f"{_BROKEN if _leads_to_broken(node) else _FINE} {first}{_title(node)}  {_state(node, now)}".rstrip()
    if node.is_broken and node.note:
        bar = "│  " if node.children else "   "
        note = node.note if len(node.note) <= _LONGEST_NOTE else f"{node.note[: _LONGEST_NOTE - 1]}…"
        yield f"{_BROKEN} {rest}{bar}{note}"
    for number, child in enumerate(node.children):
        last = number == len(node.children) - 1
        yield from _lines(child, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "), now)


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
