"""Takes secrets out of objects, log lines and texts.

They are found by the type of an object, by the name of a field, by what a text looks like, and by their value where that is known.
`Redactor` remembers how often it masked for which reason, and never what. What was a secret is replaced by `<removed:REASON>`. Masking what
is masked already changes nothing.
"""

import functools
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from mtc.gather import words
from mtc.gather.finder import Finder
from mtc.gather.secrets import Values
from mtc.kube import codec
from mtc.kube.client import Object

TYPE, NAME, VALUE, LOOK = "type", "name", "value", "look"
#: Reasons, for people.
REASONS = {
    TYPE: "content of Secrets",
    NAME: "what stands under a name such as password or token",
    VALUE: "a value that a Secret holds, as it is or encoded",
    LOOK: "what looks like a key, a token or a login",
}
_MASK = re.compile(r"<removed:[a-z]+>")
#: Fields that hold names of objects or words of the API; a user name that equals one is left there.
_NAMES = re.compile(r"(?:[nN]ame|[nN]amespace|kind|apiVersion|uid|UID|type|phase|reason|status|node|image|cluster|component|level)$")
#: When its progress was written last is told by nothing else.
_COPIES = frozenset({"PodVolumeBackup", "PodVolumeRestore"})
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
#: What may stand in a field.
_ANY, _NAME, _SECRET = 0, 1, 2
_REMEMBERED, _SHORT = 200_000, 256
_REMEMBERED_LISTS, _LONG_LIST, _LONGEST_LIST_BYTES = 1000, 6, 2**13
_HARMLESS = frozenset({"", "true", "false", "null", "none"})
_LONGEST_HARMLESS = max(map(len, _HARMLESS))
_OF_NAMES = frozenset({"labels", "matchLabels"})
_WORD = re.compile(r"[A-Za-z]?[a-z]+(?:[-_.][a-z]+)*[.]?\Z")


class Redactor:
    """Masks.

    Args:
        values: that are known to be secrets.

    Attributes:
        counts: how often something was masked, by reason.
    """

    def __init__(self, values: Values) -> None:
        self._finder = Finder(values)
        # Which texts stay as they are: of any, of those where a name stands, and, none ever, where a secret does. Most do, and come again.
        self._staying: tuple[set[str], set[str], set[str]] = (set(), set(), set())
        # What the others become, and how often something was masked in them.
        self._known: tuple[dict[str, tuple[str, dict[str, int]]], dict[str, tuple[str, dict[str, int]]]] = ({}, {})
        self._lists: dict[tuple[str, bytes], tuple[list[Any], dict[str, int]]] = {}
        self.counts: Counter[str] = Counter()

    def object(self, item: Object) -> Object:
        """A copy of an object of Kubernetes without secrets, and without `managedFields`; of a volume's copy the times of them stay."""
        # A line of a log may name a kind and be no object.
        if isinstance(before := item.get("metadata"), dict):
            meta = {key: value for key, value in before.items() if key != "managedFields"}
            owners = before.get("managedFields") or ()
            if item.get("kind") in _COPIES and (
                times := [entry["time"] for entry in owners if isinstance(entry, dict) and "time" in entry]
            ):
                meta["managedFields"] = [{"time": max(times)}]
            item = {**item, "metadata": meta}
        if item.get("kind") == "Secret":
            item = self._secret(item)
        found: Object = self.value(item)
        return found

    def _secret(self, item: Object) -> Object:
        meta = dict(item["metadata"]) if isinstance(item.get("metadata"), dict) else {}
        if _LAST_APPLIED in (meta.get("annotations") or {}):
            self.counts[TYPE] += 1
            meta["annotations"] = {**meta["annotations"], _LAST_APPLIED: _mask(TYPE)}
        item = {**item, "metadata": meta}
        for part in ("data", "stringData"):
            if held := item.get(part):
                self.counts[TYPE] += len(held) if isinstance(held, dict) else 1
                item[part] = dict.fromkeys(held, _mask(TYPE)) if isinstance(held, dict) else _mask(TYPE)
        return item

    def value(self, value: Any, name: str = "") -> Any:
        """A copy of any JSON value; `name` is that of the field in which it stands."""
        if isinstance(value, dict):
            return self._mapping(value, name)
        if isinstance(value, str):
            return self._field(value, name)
        return self._list(value, name) if isinstance(value, list) else value

    def _mapping(self, value: dict[str, Any], name: str) -> dict[str, Any]:
        # A variable of a container, a parameter, a header: what its name says is meant for its value.
        own = value.get("name", value.get("key")) if "value" in value else None
        # Labels and selectors are names as well.
        are_names = name in _OF_NAMES
        keys, found = self._staying[_NAME], {}
        for key, inner in value.items():
            meant = "name" if are_names else own if key == "value" and isinstance(own, str) else key
            is_seen = isinstance(inner, str) and inner in self._staying[_standing(meant)]
            found[key if key in keys else self.text(key, is_name=True)] = inner if is_seen else self.value(inner, meant)
        return found

    def _list(self, value: list[Any], name: str) -> list[Any]:
        """What is long, such as the variables of a container, is the same in all pods of a workload, and looked through once."""
        text = codec.dumps(value) if len(value) >= _LONG_LIST else b""
        if not 0 < len(text) <= _LONGEST_LIST_BYTES:
            return self._items(value, name)
        key = name, text
        known = self._lists.get(key)
        if known is None:
            before = dict(self.counts)
            found = self._items(value, name)
            if len(self._lists) >= _REMEMBERED_LISTS:
                self._lists.clear()
            known = self._lists[key] = found, self._counted_since(before)
        else:
            self.counts.update(known[1])
        return known[0]

    def _items(self, value: list[Any], name: str) -> list[Any]:
        found, before = [], ""
        for inner in value:
            if isinstance(inner, str) and before.startswith("-") and "=" not in before and words.is_secret_name(before):
                found.append(self._masked(NAME) if inner not in _HARMLESS else inner)
            else:
                found.append(self.value(inner, name))
            before = inner if isinstance(inner, str) else ""
        return found

    def _field(self, text: str, name: str) -> str:
        if len(text) <= _LONGEST_HARMLESS and text.lower() in _HARMLESS:
            return text
        stands = _standing(name)
        if stands == _SECRET and not _MASK.fullmatch(text):
            return self._masked(NAME)
        return self.text(text, is_name=bool(_NAMES.search(name)) if stands == _SECRET else stands == _NAME)

    def line(self, line: bytes) -> bytes:
        """A log line: the time that the API server put before it stays."""
        text = line.decode(errors="replace")
        stamp, space, rest = text.partition(" ")
        return f"{stamp}{space}{self.text(rest)}".encode() if stamp[:4].isdigit() else self.text(text).encode()

    def text(self, text: str, *, is_name: bool = False) -> str:
        """Any text; JSON in it is looked at field by field."""
        if text in self._staying[is_name]:
            return text
        known = self._known[is_name].get(text)
        if known is not None:
            self.counts.update(known[1])
            return known[0]
        before = dict(self.counts)
        masked = self._text(text, is_name=is_name)
        if len(text) <= _SHORT:
            self._remember(text, masked, self._counted_since(before), is_name=is_name)
        return masked

    def _counted_since(self, before: dict[str, int]) -> dict[str, int]:
        return {reason: count - before.get(reason, 0) for reason, count in self.counts.items() if count != before.get(reason)}

    def _remember(self, text: str, masked: str, counted: dict[str, int], *, is_name: bool) -> None:
        staying, known = self._staying[is_name], self._known[is_name]
        if len(staying) + len(known) >= _REMEMBERED:
            staying.clear()
            known.clear()
        if masked == text and not counted:
            staying.add(text)
        else:
            known[text] = masked, counted

    def _text(self, text: str, *, is_name: bool) -> str:
        if text[:1] in {"{", "["} and text[-1:] in {"}", "]", "\n"}:
            try:
                document = codec.loads(text)
            except ValueError:
                pass
            else:
                inner = self.object(document) if isinstance(document, dict) and "kind" in document else self.value(document)
                text = codec.dumps(inner).decode() if inner != document else text
        text = self._values(text, is_name=is_name)
        return text if is_name else self._look(text)

    def _values(self, text: str, *, is_name: bool) -> str:
        spans = self._finder.spans(text, is_name=is_name)
        if not spans:
            return text
        parts, at = [], 0
        for start, end in spans:
            parts += [text[at:start], self._masked(VALUE)]
            at = end
        return "".join([*parts, text[at:]])

    def _look(self, text: str) -> str:
        if len(text) < 6:
            return text
        if "://" in text:
            text = words.URL_WITH_USER.sub(self._after(LOOK), text)
        if "PRIVATE KEY" in text:
            text = words.PRIVATE_KEY.sub(lambda _: self._masked(LOOK), text)
        if words.is_hint(text):
            text = words.SCHEME.sub(self._after(LOOK), text)
            for pattern in (words.PAIR, words.LINE, words.OPTION):
                text = pattern.sub(self._after(NAME), text)
            text = words.COLON.sub(self._after(NAME, unless=_WORD), text)
        if len(text) >= 20:
            text = words.TOKEN.sub(lambda _: self._masked(LOOK), text)
            text = words.RUN.sub(self._run, text)
        return text

    def _after(self, reason: str, *, unless: re.Pattern[str] | None = None) -> Callable[[re.Match[str]], str]:
        """Masks what follows the start of a match; what is there for its name only where the name means a secret."""

        def masked(match: re.Match[str]) -> str:
            groups = match.groupdict()
            value = groups.get("value") or groups.get("password") or ""
            is_meant = reason != NAME or words.is_secret_name(groups["name"])
            if not is_meant or "<removed:" in value or value.strip("\"'").lower() in _HARMLESS or (unless and unless.match(value)):
                return match[0]
            return match["start"] + self._masked(reason)

        return masked

    def _run(self, match: re.Match[str]) -> str:
        is_key = not match[0].startswith(words.CERTIFICATE) and words.looks_like_key(match[0])
        return self._masked(LOOK) if is_key else match[0]

    def _masked(self, reason: str) -> str:
        self.counts[reason] += 1
        return _mask(reason)


@functools.lru_cache(maxsize=65_536)
def _standing(field: str) -> int:
    """What stands in a field: any text, a name or a word of the API, or a secret."""
    return _SECRET if words.is_secret_name(field) else _NAME if _NAMES.search(field) else _ANY


def _mask(reason: str) -> str:
    return f"<removed:{reason}>"
