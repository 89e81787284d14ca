"""What is quick finds the same as what is plain: the plain ways are written out here."""

import bisect
import re
import string
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mtc.gather import words
from mtc.gather.finder import Finder
from mtc.gather.redact import NAME, Redactor
from mtc.gather.secrets import Values

_BREAK = re.compile(r"[ \t]*\\?\r?\n[ \t]*")
_HINT = re.compile(
    r"pass|pwd|secret|token|key|cred|auth|cookie|signature|\bsig|dsn|session|bearer|basic|digest|hmac|sharedkey", re.IGNORECASE
)
_HARMLESS = frozenset({"", "true", "false", "null", "none"})
_FIELD = re.compile(r"(?:[nN]ame|[nN]amespace|kind|apiVersion|uid|UID|type|phase|reason|status|node|image|cluster|component|level)$")
_SECRET, _SHORT, _WEAK = "tulip-77-garden", "hunter2", "inventory"


def _values() -> Values:
    values = Values()
    for text in (_SECRET, _SHORT, _WEAK, "x" * 60 + "-" + "y" * 70):
        values.add(text.encode())
    return values


class _PlainFinder(Finder):
    """Looks through everything twice: with breaks of lines, and without."""

    def _broken(self, text: str) -> Iterator[tuple[int, int]]:
        matches = [*_BREAK.finditer(text)]
        joined, ends = "", []
        for start, end in zip([0, *(match.end() for match in matches)], [*(match.start() for match in matches), len(text)], strict=True):
            joined += text[start:end]
            ends.append(len(joined))
        ends, starts = ends[:-1], [0, *(match.end() for match in matches)]

        def there(index: int) -> int:
            line = bisect.bisect_right(ends, index)
            return starts[line] + index - (ends[line - 1] if line else 0)

        for number, start, end in self._search.find_matches_as_indexes(joined, overlapping=True):
            pattern = self._patterns[number]
            is_across = bisect.bisect_right(ends, start) != bisect.bisect_right(ends, end - 1)
            if is_across and not pattern.is_weak and not pattern.is_short:
                yield there(start), there(end - 1) + 1


class _PlainRedactor(Redactor):
    """Remembers nothing."""

    def value(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            own = value.get("name", value.get("key")) if "value" in value else None
            found = {}
            for key, inner in value.items():
                meant = "name" if name in {"labels", "matchLabels"} else own if key == "value" and isinstance(own, str) else key
                found[self.text(key, is_name=True)] = self.value(inner, meant)
            return found
        if isinstance(value, list):
            return self._list(value, name)
        if not isinstance(value, str) or value.lower() in _HARMLESS:
            return value
        if words.is_secret_name(name) and not re.fullmatch(r"<removed:[a-z]+>", value):
            return self._masked(NAME)
        return self.text(value, is_name=bool(_FIELD.search(name)))

    def text(self, text: str, *, is_name: bool = False) -> str:
        return self._text(text, is_name=is_name)


_LINES = st.text(alphabet=" \t\\\r\nab", max_size=20)


@settings(deadline=None)
@given(
    st.lists(st.one_of(_LINES, st.sampled_from([_SECRET[:7], _SECRET[7:], "x" * 60, "-", "y" * 70, _SHORT[:3], _SHORT[3:]])), max_size=14)
)
def test_what_is_broken_over_lines_is_looked_for_only_around_the_breaks(parts: list[str]) -> None:
    """Nothing is found in fewer places for that, however the lines are broken and moved in."""
    text = "".join(parts)
    assert Finder(_values()).spans(text) == _PlainFinder(_values()).spans(text)


def test_a_value_that_is_broken_over_lines_of_a_long_text_is_found() -> None:
    """Far from its beginning, and in pieces."""
    around = "nothing\n" * 500
    text = f"{around}{_SECRET[:4]}\n  {_SECRET[4:9]} \\\n\t{_SECRET[9:]}\n{around}"
    (place,) = Finder(_values()).spans(text)
    assert text[slice(*place)].startswith(_SECRET[:4])
    assert text[slice(*place)].endswith(_SECRET[9:])
    assert [place] == _PlainFinder(_values()).spans(text)


_KEYS = st.sampled_from(
    ["name", "value", "key", "password", "tokenName", "labels", "env", "args", "note", "status", "kind", _WEAK, _SECRET, "{}", "token"]
)
_TEXTS = st.one_of(
    st.sampled_from(
        ["true", "None", "", _SECRET, _SHORT, _WEAK, f"say {_WEAK}", "<removed:name>", "--password", "-v", "password", "token=abc1",
         'say {"a":1}', f'{{"kind":"Pod","note":"{_SECRET}"}}', f'["{_SHORT}","b"]', "fT7hQ2mZ9xKc4VbN8wRp6YsD", "api_key", "plain"]
    ),
    st.text(alphabet=string.printable, max_size=12),
)  # fmt: skip
_JSON = st.recursive(
    st.one_of(_TEXTS, st.integers(-3, 3), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=8), st.dictionaries(_KEYS, inner, max_size=5)),
    max_leaves=24,
)


@settings(deadline=None, max_examples=50)
@given(st.lists(_JSON, min_size=1, max_size=4))
def test_what_is_remembered_of_one_object_changes_nothing_for_the_next(documents: list[Any]) -> None:
    """Neither what is masked, nor how often it is counted."""
    quick, plain = Redactor(_values()), _PlainRedactor(_values())
    for document in [*documents, *documents]:
        assert quick.value(document) == plain.value(document)
    assert {**quick.counts} == {**plain.counts}


@settings(deadline=None)
@given(st.lists(st.one_of(_TEXTS, st.sampled_from(["db:\n  password: quail88x\n", "otter-55!", "shop"])), max_size=8), st.sets(_TEXTS))
def test_what_is_public_may_be_told_at_the_end(held: list[str], public: set[str]) -> None:
    """And what several Secrets hold is looked into once."""
    before, after = Values(public=frozenset(public)), Values()
    for values in (before, after):
        for text in (*held, *held):
            values.add_secret({"stringData": {"key": text}})
    assert after.without(public) == before


@settings(deadline=None)
@given(st.one_of(st.text(max_size=30), st.text(alphabet="passwdkeytonciug-_ SIG\u017f\u212a\u0131AB", max_size=30)))
def test_a_word_that_a_secret_may_stand_behind_is_seen(text: str) -> None:
    """Also where letters of other scripts stand for some of it."""
    assert words.is_hint(text) == bool(_HINT.search(text))
