"""Checks of declarations: one file, one question, the conditions that answer it.

Each module of a folder here (`cluster`, `storage`, `plan`, `volumes`) has one `CHECK`. Checks run in the order of their
`order`; one sees the conditions that those before it staged. A check stages what holds now and nothing else: what it does
not stage again goes away.
"""

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Generic, TypeVar

from mtc.api import conditions
from mtc.api.conditions import Condition

S = TypeVar("S")
#: What somebody wrote may be a megabyte long; repeated in a condition it would make the object too large to be stored.
#: A name and its namespace fit into an item, five hundred items into a message. All items of a condition together stay far below
#: what an object may hold, because several conditions may have many.
_LONGEST_ITEM = 512
_ITEMS_BYTES = 24_576
_LONGEST_MESSAGE = 32_768


@dataclass(frozen=True)
class Check(Generic[S]):
    """One check.

    Attributes:
        order: place in the row of checks; the gaps leave room for new ones.
        types: the condition types that it may set.
        run: gives the conditions that hold, from what was read and from what was staged before.
        after_critical: whether it also runs when a Critical condition is staged already.
    """

    order: int
    types: tuple[str, ...]
    run: Callable[[S, Sequence[Condition]], Awaitable[Iterable[Condition]]]
    after_critical: bool = True


def load(package: ModuleType) -> tuple[Check[S], ...]:
    """The checks of a folder, in their order."""
    modules = (importlib.import_module(f"{package.__name__}.{found.name}") for found in pkgutil.iter_modules(package.__path__))
    return tuple(sorted((module.CHECK for module in modules), key=lambda check: check.order))


async def run(checks: Iterable[Check[S]], scope: S, staged: Sequence[Condition] = ()) -> list[Condition]:
    """The conditions in `staged` and those that the checks add."""
    found = list(staged)
    for check in checks:
        if check.after_critical or not conditions.has_category(found, conditions.CRITICAL):
            found.extend(await check.run(scope, tuple(found)))
    return found


def critical(type_: str, reason: str, message: str, *, items: Iterable[str] = ()) -> Condition:
    """A condition that blocks work and Ready; `items` take the place of `[]` in the message."""
    return _condition(type_, conditions.CRITICAL, reason, message, items)


def error(type_: str, reason: str, message: str, *, items: Iterable[str] = ()) -> Condition:
    """A condition that blocks Ready."""
    return _condition(type_, conditions.ERROR, reason, message, items)


def warn(type_: str, reason: str, message: str, *, items: Iterable[str] = ()) -> Condition:
    """A condition that blocks nothing."""
    return _condition(type_, conditions.WARN, reason, message, items)


def advisory(type_: str, reason: str, message: str, *, items: Iterable[str] = ()) -> Condition:
    """A condition that only informs."""
    return _condition(type_, conditions.ADVISORY, reason, message, items)


def required(type_: str, reason: str, message: str) -> Condition:
    """A condition that Ready needs."""
    return _condition(type_, conditions.REQUIRED, reason, message, ())


def _condition(type_: str, category: str, reason: str, message: str, items: Iterable[str]) -> Condition:
    listed = _fitting([_cut(item, _LONGEST_ITEM) for item in items])
    text = conditions.with_items(message, listed) if listed else message
    return Condition(type=type_, category=category, reason=reason, message=_cut(text, _LONGEST_MESSAGE), items=listed)


def _fitting(items: list[str]) -> tuple[str, ...]:
    """The items, or as many of them as there is room for and how many more there are."""
    room_bytes = _ITEMS_BYTES
    for number, item in enumerate(items):
        room_bytes -= len(item.encode(errors="replace"))
        if room_bytes < 0:
            return (*items[:number], f"and {len(items) - number} more")
    return tuple(items)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}… ({len(text)} characters in all)"
