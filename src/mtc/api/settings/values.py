"""What can stand under a setting, read as leniently as Ansible reads its variables.

`10`, `"10"` and `10.0` are the same number, `true`, `"True"`, `yes` and `1` the same flag, `[a, b]`, `"a,b"` and `"a b"` the
same list. An annotated type of this module carries the function that reads it and a `Form`, which says in words what is
expected: messages and the reference page use those words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator

from mtc.api import durations, quantities

_TRUE = frozenset({"1", "t", "true", "y", "yes", "on"})
_FALSE = frozenset({"0", "f", "false", "n", "no", "off"})
_SHOWN_LENGTH = 40


@dataclass(frozen=True)
class Form:
    """What is expected of a value.

    Attributes:
        name: the type, in a word or two.
        expected: what to write.
        secret: whether the value may hold a password, and is therefore never shown.
    """

    name: str
    expected: str
    secret: bool = False

    def complaint(self, value: object) -> str:
        """Why a value will not do."""
        if self.secret:
            return f"has a value that cannot be used: write {self.expected}"
        shown = repr(value)
        shown = shown if len(shown) <= _SHOWN_LENGTH else f"{shown[:_SHOWN_LENGTH]}…"
        return f"is {shown}: write {self.expected}"


def is_unset(value: object) -> bool:
    """Whether a value says nothing: null, or text without a word, as templates leave it for what nobody gave."""
    return value is None or (isinstance(value, str) and not value.strip())


def _flag(value: object) -> bool:
    word = str(value).strip().lower()
    if isinstance(value, list | dict) or word not in _TRUE | _FALSE:
        raise ValueError
    return word in _TRUE


def _whole(least: int, most: int | None = None) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float | str) or (isinstance(value, float) and not value.is_integer()):
            raise ValueError
        number = int(value)
        if number < least or (most is not None and number > most):
            raise ValueError
        return number

    return read


def _text(value: object) -> str:
    if isinstance(value, list | dict):
        raise ValueError  # noqa: TRY004 - pydantic collects this one
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(_text(item) for item in value)
    return tuple(_text(value).replace(",", " ").split())


def _quantity(value: object) -> str:
    text = _text(value)
    try:
        quantities.parse(text)
    except quantities.InvalidQuantity as error:
        raise ValueError from error
    return text


def _duration(value: object) -> str:
    text = _text(value)
    try:
        durations.parse(text)
    except durations.InvalidDuration as error:
        raise ValueError from error
    return text


def _groups(value: object) -> tuple[int, ...]:
    items = value if isinstance(value, list) else _words(value)
    return tuple(_whole(0)(item) for item in items)


def _labels(value: object) -> dict[str, str]:
    if isinstance(value, dict):
        return {str(key): _text(inner) for key, inner in value.items()}
    return dict(_pair(word) for word in _words(value))


def _pair(word: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if not key or not equals:
        raise ValueError
    return key, value


def _url(value: object) -> str:
    text = _text(value)
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
        raise ValueError
    return text


def _path(value: object) -> str:
    text = _text(value)
    if not text.startswith("/"):
        raise ValueError
    return text


def _one_of(*known: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        word = _text(value).lower()
        found = next((item for item in known if item.lower() == word), None)
        if found is None:
            raise ValueError
        return found

    return read


def _choice(*known: str) -> Form:
    return Form("choice", f"one of {', '.join(known)}")


Flag = Annotated[bool, BeforeValidator(_flag), Form("flag", "true or false")]
Limit = Annotated[int, BeforeValidator(_whole(1)), Form("number", "a whole number of at least 1")]
Level = Annotated[int, BeforeValidator(_whole(0, 4)), Form("number", "a whole number from 0 to 4")]
Percent = Annotated[int, BeforeValidator(_whole(1, 100)), Form("percent", "a whole number from 1 to 100")]
Text = Annotated[str, BeforeValidator(_text), Form("text", "one line of text")]
Words = Annotated[tuple[str, ...], BeforeValidator(_words), Form("list", "a list of words, or words with commas between them")]
Quantity = Annotated[str, BeforeValidator(_quantity), Form("quantity", "a Kubernetes quantity such as 100m, 1 or 10Gi")]
Duration = Annotated[str, BeforeValidator(_duration), Form("duration", "a duration such as 90s, 30m or 1h")]
Groups = Annotated[
    tuple[int, ...], BeforeValidator(_groups), Form("group ids", "a list of numeric group ids, or ids with commas between them")
]
Labels = Annotated[dict[str, str], BeforeValidator(_labels), Form("labels", "an object of labels, or label=value with commas between them")]
Path = Annotated[str, BeforeValidator(_path), Form("path", "an absolute path, beginning with /")]
Proxy = Annotated[str, BeforeValidator(_url), Form("URL", "a URL such as http://host:3128", secret=True)]

_ENDPOINTS = ("Route", "ClusterIP", "NodePort")
_LEVELS = ("trace", "debug", "info", "warning", "error", "fatal", "panic")
_POLICIES = ("Always", "IfNotPresent", "Never")
Endpoint = Annotated[str, BeforeValidator(_one_of(*_ENDPOINTS)), _choice(*_ENDPOINTS)]
LogLevel = Annotated[str, BeforeValidator(_one_of(*_LEVELS)), _choice(*_LEVELS)]
PullPolicy = Annotated[str, BeforeValidator(_one_of(*_POLICIES)), _choice(*_POLICIES)]
