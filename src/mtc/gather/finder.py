"""Where known values stand in a text: all of them and all their forms are looked for in one pass."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import ahocorasick_rs

from mtc.gather import forms
from mtc.gather.secrets import Values

_IN_WORDS = re.compile(r"[A-Za-z0-9]")
#: A weak value of fewer letters is a word of the language: it is taken only where it stands for itself.
_SHORTEST_IN_TEXT = 6
#: What belongs to a value of which only a piece was found.
_ENCODED, _LOOSE = re.compile(r"[A-Za-z0-9+/=_\-]"), re.compile(r"[^\s\"'<>,;\\]")


@dataclass(frozen=True, slots=True)
class _Pattern:
    text: str
    #: What the place found grows to; None where it is the value and no more.
    grows: re.Pattern[str] | None = None
    is_weak: bool = False


class Finder:
    """Finds values.

    Args:
        values: what is looked for.
    """

    def __init__(self, values: Values) -> None:
        self._alone = frozenset(text for value in values.weak if (text := _text(value)) is not None)
        found: dict[str, _Pattern] = {}
        for pattern in _patterns(values):
            known = found.get(pattern.text)
            if known is None or known.is_weak:
                found[pattern.text] = pattern
        self._patterns = [found[text] for text in sorted(found)]
        self._search = ahocorasick_rs.AhoCorasick([pattern.text for pattern in self._patterns])

    def spans(self, text: str, *, is_name: bool = False) -> list[tuple[int, int]]:
        """The places to be masked, in order, none overlapping another.

        Args:
            text: any.
            is_name: of an object: a weak value is left, because names have to stand.
        """
        if not is_name and text in self._alone:
            return [(0, len(text))]
        hits = self._search.find_matches_as_indexes(text, overlapping=True)
        return _merged(sorted(self._places(text, hits, is_name=is_name))) if hits else []

    def _places(self, text: str, hits: list[tuple[int, int, int]], *, is_name: bool) -> Iterator[tuple[int, int]]:
        for number, start, end in hits:
            pattern = self._patterns[number]
            if pattern.is_weak:
                if not is_name and not _touches(text, start - 1) and not _touches(text, end):
                    yield start, end
            elif pattern.grows is None:
                yield start, end
            else:
                yield _grown(text, start, end, pattern.grows)


def _patterns(values: Values) -> Iterator[_Pattern]:
    for value in values.strong:
        text = _text(value)
        if text is not None:
            parts = list(forms.pieces(text))
            yield from (_Pattern(part, _LOOSE if len(parts) > 1 else None) for part in parts)
    for value in values.weak:
        text = _text(value)
        if text is not None and len(text) >= _SHORTEST_IN_TEXT:
            yield _Pattern(text, is_weak=True)
    for value in values.strong | values.weak:
        for form in forms.encoded(value):
            yield from (_Pattern(part, _ENCODED if part.isascii() and " " not in part else None) for part in forms.pieces(form))


def _text(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _touches(text: str, at: int) -> bool:
    return 0 <= at < len(text) and bool(_IN_WORDS.match(text[at]))


def _grown(text: str, start: int, end: int, part: re.Pattern[str]) -> tuple[int, int]:
    while start > 0 and part.match(text[start - 1]):
        start -= 1
    while end < len(text) and part.match(text[end]):
        end += 1
    return start, end


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found = spans[:1]
    for start, end in spans[1:]:
        if start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
