"""A phase: one idempotent piece of work, and when it is needed.

A phase looks at the clusters and trusts nothing that an earlier pass claims: the process may have been killed at any
instruction of it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from mtc.migration.flags import Flags
from mtc.migration.outcome import Outcome
from mtc.migration.scope import Scope


def always(_: Flags) -> bool:
    """For phases that no flag rules out."""
    return True


@dataclass(frozen=True)
class Phase:
    """One phase.

    Attributes:
        name: what `status.phase` shows; "" for the very first one.
        step: the step of the pipeline under which people see it; an itinerary may put it under another.
        description: what it does, for people.
        applies: whether a migration with these flags needs it.
        run: does the work.
        light: it looks, or does what can be done again without harm, and soon has an answer: it may begin before the status says
            that the phase in front of it is through. A process that dies then begins again at the phase that is written.
    """

    name: str
    step: str
    description: str
    applies: Callable[[Flags], bool]
    run: Callable[[Scope], Awaitable[Outcome]]
    light: bool = False
