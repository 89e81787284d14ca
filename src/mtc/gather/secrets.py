"""Which values nobody may read in an archive: what Secrets hold, and what stands inside of what they hold. Pure.

A value is looked for in every text. One that is an ordinary word, such as a user name `inventory`, would make names unreadable: it is
`weak`, which the search takes only for itself, not as a part of other words, and not where a name has to stand. One that is `short`, but
no word, such as `hunter2`, is taken as a part of others too; names stay as well.
"""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from mtc.gather import words

if TYPE_CHECKING:
    from mtc.kube.client import Object

#: Shorter values say nothing: they are masked where they stand in the Secret.
_SHORTEST = 3
_STRONG = 8
#: Of letters of both cases, digits and signs; shorter ones, and hexadecimal ones, stand in digests and ids by chance.
_SHORT = 5
_HEXADECIMAL = re.compile(r"[0-9a-f]+\Z|[0-9A-F]+\Z")
#: What a release of Helm unpacks to is not read further than this.
_MOST_UNPACKED = 2**23
#: Longer values are rare, and looked into again.
_MOST_REMEMBERED = 4096
#: A part of a value is a secret of its own where its name says so, or where it looks like a key.
_KEY_LIKE = 16
#: What every cluster puts into token Secrets and everybody may know.
_PUBLIC_KEYS = frozenset({"namespace", "ca.crt", "service-ca.crt"})
_CERTIFICATES = re.compile(r"(?:\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----)+\s*\Z")
_WORD = re.compile(r"[A-Za-z]?[a-z]+(?:[-_. ][a-z]+)*\Z|[0-9]{1,9}\Z")
#: How gzip begins, in base64.
_PACKED = b"H4sI"
_PLAIN_PAIR = re.compile(r"\b(?P<name>passw(?:or)?d)[ \t]+(?P<value>[^\s=:]\S*)", re.IGNORECASE)
_ELEMENT = re.compile(r"<(?P<name>[\w.:-]+)>(?P<value>[^<>]+)</", re.IGNORECASE)
_PLAIN = frozenset({"true", "false", "null", "none", "yes", "no", "default"})


@dataclass
class Values:
    """All values that are looked for.

    Attributes:
        strong: wherever they stand.
        short: wherever they stand but in names.
        weak: where they stand alone.
        public: not at all: names that everything in the archive is found by.
    """

    strong: set[bytes] = field(default_factory=set)
    short: set[bytes] = field(default_factory=set)
    weak: set[bytes] = field(default_factory=set)
    public: frozenset[str] = frozenset()
    _looked_into: set[bytes] = field(default_factory=set, init=False, compare=False, repr=False)

    def add(self, value: bytes) -> None:
        """One more."""
        value = value.strip()
        text = value.decode(errors="replace")
        if len(value) < _SHORTEST or text in self.public or text.lower() in _PLAIN or _CERTIFICATES.match(text):
            return
        if len(value) >= _STRONG and not _WORD.match(text):
            self.strong.add(value)
        elif len(text) >= _SHORT and _is_mixed(text):
            self.short.add(value)
        else:
            self.weak.add(value)

    def add_secret(self, secret: "Object") -> None:
        """All that a Secret holds."""
        for key, value in _data(secret):
            # Both clusters of a plan have the same Secrets, once it was migrated.
            if key not in _PUBLIC_KEYS and value not in self._looked_into:
                if len(value) <= _MOST_REMEMBERED:
                    self._looked_into.add(value)
                for found in (value, *parts(value)):
                    self.add(found)

    def without(self, public: Iterable[str]) -> "Values":
        """The same as if these had been `public` before the first was added."""
        names = self.public | frozenset(public)
        strong, short, weak = (
            {value for value in found if value.decode(errors="replace") not in names} for found in (self.strong, self.short, self.weak)
        )
        return Values(strong, short, weak, names)


def _is_mixed(text: str) -> bool:
    """Whether a text has letters, and something else among them, so that it is no word, number or digest."""
    if _WORD.match(text) or _HEXADECIMAL.match(text) or not re.search("[A-Za-z]", text):
        # Passwords of digits and signs alone are told from numbers, times and addresses by their signs.
        return bool(re.search(r"[^\w\s.,:/+-]", text))
    return sum(bool(re.search(kind, text)) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]")) > 1


def _data(secret: "Object") -> Iterator[tuple[str, bytes]]:
    for key, value in (secret.get("data") or {}).items():
        try:
            yield key, base64.b64decode(value or "")
        except (binascii.Error, TypeError):
            yield key, str(value).encode()
    for key, value in (secret.get("stringData") or {}).items():
        yield key, str(value).encode()


def parts(value: bytes) -> Iterator[bytes]:
    """Secrets inside of a value: passwords in URLs, logins and XML, keys in INI and JSON files, lines of a private key."""
    try:
        text = (_unpacked(value) or value).decode()
    except UnicodeDecodeError:
        return
    for name, found in (*_of_url(text), *_of_json(text), *_of_lines(text), *_of_pairs(text)):
        if words.is_secret_name(name) or words.looks_like_key(found, shortest=_KEY_LIKE):
            yield found.encode()


def _unpacked(value: bytes) -> bytes:
    """What is in a value that was packed with gzip, as Helm keeps its releases; b"" where it is none."""
    try:
        packed = base64.b64decode(value) if value.startswith(_PACKED) else value
        unpacking = zlib.decompressobj(wbits=31)
        return unpacking.decompress(packed, _MOST_UNPACKED) if packed.startswith(b"\x1f\x8b") else b""
    except (binascii.Error, zlib.error):
        return b""


def _of_url(text: str) -> Iterator[tuple[str, str]]:
    for match in words.URL_WITH_USER.finditer(text):
        for form in (match["password"], unquote(match["password"])):
            yield "password", form
    if "://" in text and "?" in text:
        try:
            query = urlsplit(text.strip()).query
        except ValueError:
            return
        for pair in query.split("&"):
            name, _, found = pair.partition("=")
            yield from ((name, form) for form in (found, unquote(found)))


def _of_json(text: str) -> Iterator[tuple[str, str]]:
    if not text.lstrip().startswith(("{", "[")):
        return
    try:
        document = json.loads(text)
    except ValueError:
        return
    for name, found in _leaves(document, ""):
        yield name, found
        if "\n" in found:
            # A file inside of it, such as the manifest of a release.
            yield from _of_lines(found)
        if name == "auth":
            # A registry's login: user and password in base64.
            try:
                yield "password", base64.b64decode(found).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                continue


def _leaves(value: Any, name: str) -> Iterable[tuple[str, str]]:
    if isinstance(value, Mapping):
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, str(key))]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner, name)]
    return [(name, value)] if isinstance(value, str) else []


def _of_lines(text: str) -> Iterator[tuple[str, str]]:
    lines = [line.strip() for line in text.splitlines()]
    for line in lines:
        match = words.ASSIGNMENT.match(line)
        if match:
            yield match["name"], match["value"].strip("\"'")
        elif len(lines) > 1 and not line.startswith("-----"):
            yield "", line


def _of_pairs(text: str) -> Iterator[tuple[str, str]]:
    """Several on a line: `host=a password=b`, `machine a login b password c`, `<password>a</password>`."""
    for pattern in (words.PAIR, words.OPTION, _PLAIN_PAIR, _ELEMENT):
        yield from ((match["name"], match["value"].strip("\"'")) for match in pattern.finditer(text))
