"""Errors that copies have told in their status, sorted by what they mean."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mtc.diagnose import again, finding
from mtc.diagnose.case import Case, Placed
from mtc.diagnose.finding import Evidence, Finding
from mtc.words import _


@dataclass(frozen=True)
class Cause:
    """What an error may mean.

    Attributes:
        says: what the error says then.
        why: what it means.
        step: what a person can do.
    """

    says: re.Pattern[str]
    why: str
    step: str


def found(case: Case, errors: Iterable[tuple[Placed, str]], causes: Sequence[Cause], headline: str) -> Iterator[Finding]:
    """A finding for each cause that errors have.

    Args:
        case: what is explained.
        errors: with the objects that tell them.
        causes: the clearest first; the last one fits any error.
        headline: with `{things}` and `{why}` in it.
    """
    sorted_: dict[int, list[tuple[Placed, str]]] = {}
    for placed, text in errors:
        number = next(number for number, cause in enumerate(causes) if cause.says.search(text))
        sorted_.setdefault(number, []).append((placed, text))
    for number, told in sorted(sorted_.items()):
        things = finding.unique(finding.thing(placed) for placed, _text in told)
        yield from finding.one(
            headline.format(things=finding.listed(things), why=_(causes[number].why)),
            things,
            [Evidence(finding.thing(placed), "status.errors", text) for placed, text in told],
            [_(causes[number].step), *again.migrate(case)],
        )
