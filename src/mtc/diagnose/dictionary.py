"""What a word means that objects show: a type or reason of a condition, or the name of a rule. Needs no cluster."""

import difflib
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mtc.api import catalogue
from mtc.api.catalogue import ANY_REASON, Entry
from mtc.diagnose import rules
from mtc.diagnose.finding import Rule
from mtc.look import errors
from mtc.words import _

_WIDTH = 100


@dataclass(frozen=True)
class Meaning:
    """What a word means.

    Attributes:
        word: as it is written.
        entries: of the catalogue of conditions.
        rules: causes of that name.
    """

    word: str
    entries: tuple[Entry, ...] = ()
    rules: tuple[Rule, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        shown = [{"name": rule.name, "looksAt": _(rule.looks_at), "matches": _(rule.matches)} for rule in self.rules]
        return {"word": self.word, "conditions": [asdict(entry) for entry in self.entries], "rules": shown}


def meant(text: str) -> Meaning | None:
    """The meaning of a text that is a word of these and no object's name; None for what may be one.

    Names of objects have no capitals. Without capitals only a long word of several is taken for one of these.

    Raises:
        errors.NothingFound: nobody knows the word, and it can be no object's name.
    """
    if "/" in text:
        return None
    found = find(text)
    if any(letter.isupper() for letter in text):
        if found is None:
            raise unknown(text)
        return found
    if found is None or (found.rules and "-" in text):
        return found
    return found if sum(letter.isupper() for letter in found.word) > 1 else None


def find(word: str) -> Meaning | None:
    """The meaning, None for a word that nobody knows; capitals do not matter."""
    lower = word.lower()
    types = [entry for entry in catalogue.entries() if entry.type.lower() == lower]
    found = types or [entry for entry in catalogue.entries() if entry.reason.lower() == lower and entry.reason]
    named = tuple(rule for rule in rules.every() if rule.name == lower)
    if not found and not named:
        return None
    spelled = found[0].type if types else found[0].reason if found else named[0].name
    return Meaning(spelled, tuple(found), named)


def unknown(word: str) -> errors.NothingFound:
    """The error for such a word, with the nearest ones."""
    known = {text.lower(): text for entry in catalogue.entries() for text in (entry.type, entry.reason) if text and text != ANY_REASON}
    known |= {rule.name: rule.name for rule in rules.every()}
    near = [known[text] for text in difflib.get_close_matches(word.lower(), known, n=3)]
    hint = _(" Did you mean {words}?").format(words=", ".join(near)) if near else ""
    msg = _("{word} is no condition of the toolkit.{hint} docs/reference/conditions.md lists all.").format(word=word, hint=hint)
    return errors.NothingFound(msg)


def lines(meaning: Meaning, *, width: int = _WIDTH) -> Iterator[str]:
    """The text for people."""
    for number, entry in enumerate(meaning.entries):
        if number:
            yield ""
        reason = f", {entry.reason}" if entry.reason not in {"", ANY_REASON} else ""
        durable = _(", durable") if entry.durable else ""
        yield _("{type} of {kind} ({category}{reason}{durable})").format(
            type=entry.type, kind=entry.kind, category=entry.category, reason=reason, durable=durable
        )
        yield from _wrapped(_("Meaning: {text}").format(text=_(entry.explanation)), width)
        if entry.remedy:
            yield from _wrapped(_("What to do: {text}").format(text=_(entry.remedy)), width)
    for rule in meaning.rules:
        yield _("{name}: a cause that `mtc explain` finds").format(name=rule.name)
        yield from _wrapped(_("It looks at: {text}").format(text=_(rule.looks_at)), width)
        yield from _wrapped(_("It matches when: {text}").format(text=_(rule.matches)), width)


def _wrapped(text: str, width: int) -> Sequence[str]:
    indent = {"initial_indent": "  ", "subsequent_indent": "    "}
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False, **indent)  # type: ignore[arg-type]
