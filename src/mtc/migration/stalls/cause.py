"""What a cause is, and what it finds."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from mtc.migration.stalls.look import Look


@dataclass(frozen=True)
class Blocker:
    """Something that keeps a migration.

    Attributes:
        what: the object, with its cluster.
        why: what is wrong with it; a sentence.
        command: what a person does next, on that cluster.
    """

    what: str
    why: str
    command: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why} Next, on that cluster: `{self.command}`"


@dataclass(frozen=True)
class Cause:
    """Why a migration may stand still.

    Attributes:
        order: place in the row; what explains others comes before them.
        reason: reason of the condition.
        find: what it is this time; nothing where this cause is not the one.
    """

    order: int
    reason: str
    find: Callable[[Look], Awaitable[Iterable[Blocker]]]
