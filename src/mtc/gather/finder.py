"""Where known values stand in a text: all of them and all their forms are looked for in one pass."""

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass

import ahocorasick_rs

from mtc.gather import forms
from mtc.gather.secrets import Values

_IN_WORDS = re.compile(r"[A-Za-z0-9]")
#: A weak value of fewer letters is a word of the language, or a number: it is taken only where a value is bound to stand.
_SHORTEST_IN_TEXT, _SHORTEST_NUMBER = 5, 6
#: Where a word begins: also behind an escaped sign, and behind an option of one letter.
_AFTER_OPTION = r"(?:^|[\s\"'=,;|(\[])-[A-Za-z]"
_BEGINS = re.compile(rf"(?:^|[^A-Za-z0-9]|\\[bfnrtv]|%[0-9A-Fa-f]{{2}}|\\u[0-9A-Fa-f]{{4}}|\\x[0-9A-Fa-f]{{2}}|{_AFTER_OPTION})\Z")
#: Where a value is bound to stand, be it ever so short: behind an option, or a sign that gives something to a name.
_GIVEN = re.compile(rf"(?:{_AFTER_OPTION}|(?:[=@]|[A-Za-z_]\\?[\"']?:)\s?\\?[\"']?)\Z")
_OPTION = re.compile(rf"{_AFTER_OPTION}\Z")
_LOOK_BACK = 10
#: What the next line is moved in by.
_BLANKS = " \t"
#: What belongs to a value of which only a piece was found.
_ENCODED, _LOOSE = re.compile(r"[A-Za-z0-9+/=_\-]"), re.compile(r"[^\s\"'<>,;\\]")


@dataclass(frozen=True, slots=True)
class _Pattern:
    text: str
    #: What the place found grows to; None where it is the value and no more.
    grows: re.Pattern[str] | None = None
    is_weak: bool = False
    is_short: bool = False


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
            if known is None or known.is_weak or (known.is_short and not pattern.is_weak):
                found[pattern.text] = pattern
        self._patterns = [found[text] for text in sorted(found)]
        self._search = ahocorasick_rs.AhoCorasick([pattern.text for pattern in self._patterns])
        self._longest = max((len(pattern.text) for pattern in self._patterns), default=0)

    def spans(self, text: str, *, is_name: bool = False) -> list[tuple[int, int]]:
        """The places to be masked, in order, none overlapping another.

        Args:
            text: any.
            is_name: of an object: a weak value is left, because names have to stand.
        """
        if not is_name and text in self._alone:
            return [(0, len(text))]
        found = [*self._places(text, is_name=is_name)]
        if not is_name and "\n" in text:
            found += self._broken(text)
        return _merged(sorted(found)) if found else []

    def _places(self, text: str, *, is_name: bool) -> Iterator[tuple[int, int]]:
        # Pieces of one long value grow to the same place, which is gone over once.
        grown: dict[re.Pattern[str], tuple[int, int]] = {}
        for number, start, end in self._search.find_matches_as_indexes(text, overlapping=True):
            pattern = self._patterns[number]
            if pattern.is_weak or pattern.is_short:
                if not is_name and (pattern.is_short or _stands(pattern.text, text, start, end)):
                    yield start, end
            elif pattern.grows is None:
                yield start, end
            else:
                known = grown.get(pattern.grows, (0, 0))
                if start < known[0] or known[1] < end:
                    grown[pattern.grows] = place = _grown(text, start, end, pattern.grows)
                    yield place

    def _broken(self, text: str) -> Iterator[tuple[int, int]]:
        """The places of what is broken over lines, as base64 is. Without the breaks, it is looked for only around where they were."""
        lines, at = [], 0
        ends: list[int] = []
        starts = [0]
        for start, end in _breaks(text):
            lines.append(text[at:start])
            ends.append(start - at + (ends[-1] if ends else 0))
            starts.append(end)
            at = end
        joined = "".join([*lines, text[at:]])

        def there(index: int) -> int:
            line = bisect.bisect_right(ends, index)
            return starts[line] + index - (ends[line - 1] if line else 0)

        for first, last in _merged([(max(0, end - self._longest), end + self._longest) for end in ends]):
            for number, begin, stop in self._search.find_matches_as_indexes(joined[first:last], overlapping=True):
                pattern, start, end = self._patterns[number], first + begin, first + stop
                is_across = bisect.bisect_right(ends, start) != bisect.bisect_right(ends, end - 1)
                if is_across and not pattern.is_weak and not pattern.is_short:
                    yield there(start), there(end - 1) + 1


def _breaks(text: str) -> Iterator[tuple[int, int]]:
    """Where lines break, with the blanks around it, and the backslash before it with which a shell goes on in the next line."""
    before, at = 0, text.find("\n")
    while at >= 0:
        start, end = at, at + 1
        for sign in "\r\\":
            if start > before and text[start - 1] == sign:
                start -= 1
        while start > before and text[start - 1] in _BLANKS:
            start -= 1
        while end < len(text) and text[end] in _BLANKS:
            end += 1
        yield start, end
        before, at = end, text.find("\n", end)


def _patterns(values: Values) -> Iterator[_Pattern]:
    for value in values.strong:
        text = _text(value)
        if text is not None:
            parts = list(forms.pieces(text))
            yield from (_Pattern(part, _LOOSE if len(parts) > 1 else None) for part in parts)
    for value in values.short:
        yield _Pattern(value.decode(), is_short=True)
    for value in values.weak:
        text = _text(value)
        if text is not None:
            yield _Pattern(text, is_weak=True)
    for value in values.strong | values.short | values.weak:
        for form in forms.encoded(value):
            yield from (_Pattern(part, _ENCODED if part.isascii() and " " not in part else None) for part in forms.pieces(form))


def _text(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _stands(value: str, text: str, start: int, end: int) -> bool:
    """Whether a weak value stands for itself, and not as a part of a word."""
    if end < len(text) and _IN_WORDS.match(text[end]):
        return False
    before = max(0, start - _LOOK_BACK)
    if len(value) >= (_SHORTEST_NUMBER if value.isdecimal() else _SHORTEST_IN_TEXT):
        return bool(_BEGINS.search(text, before, start))
    return bool((_OPTION if value.isdecimal() else _GIVEN).search(text, before, start))


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
