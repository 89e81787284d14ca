"""Hides secrets in texts that a person is going to see: known values, and what has the form of a secret.

Logs of our own processes are masked when they are written. Here it is about texts of others: logs of an application, messages of
events, answers of programs.
"""

import base64
import binascii
import functools
import re
from collections.abc import Iterable, Iterator

import ahocorasick_rs

HIDDEN = "***"
#: Shorter values are words such as `true` or `admin`, which would be hidden all over the text.
_SHORTEST = 6
_WORDS = r"passw(?:or)?d|passwd|pwd|token|secret(?:[_-]?(?:access)?[_-]?key)?|api[_-]?key|access[_-]?key(?:[_-]?id)?|private[_-]?key|credentials?|authorization"
_FORMS = (
    # password=..., "token": "...", --secret-key ...; the value ends at a blank or at what closes it. A name begins where no word goes on,
    # and is not given back: a long word would be gone over once for each of its letters. Behind InvalidAccessKeyId stands a sentence of S3.
    (
        re.compile(
            rf"(?i)((?<![\w.-])(?=[\w.-]*(?:{_WORDS}))[\w.-]*+[\"']?\s*+(?:=|:)\s*[\"']?)(?!\*{{3}}|The AWS Access Key Id you provided\b)(?:(?:bearer|basic)\s+)?[^\s\"',;&)}}\]]{{3,}}"
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    # user:password@host of a URL.
    (re.compile(r"([a-z][a-z0-9+.-]{0,30}+://[^/\s:@]*+:)[^/\s@]+@", re.IGNORECASE), rf"\1{HIDDEN}@"),
    # A token of a service account, and an access key of AWS.
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"), HIDDEN),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b"), HIDDEN),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL), HIDDEN),
    # Signatures of presigned URLs.
    (re.compile(r"(?i)([?&](?:x-amz-(?:signature|credential|security-token)|sig|signature)=)[^&\s]+"), rf"\1{HIDDEN}"),
)


class Mask:
    """Hides.

    Args:
        values: values of Secrets, decoded; short ones are left out.
        public: what is shown all the same, because everybody who may read the text knows it.
    """

    def __init__(self, values: Iterable[str] = (), *, public: Iterable[str] = ()) -> None:
        self._values, self._public = frozenset(values), frozenset(public)

    @functools.cached_property
    def _search(self) -> ahocorasick_rs.AhoCorasick | None:
        """Finds values, of those that begin at one place the longest; made when the first text comes, because many masks see none."""
        wanted = sorted({part for text in self._values for part in _parts(text)} - self._public)
        return ahocorasick_rs.AhoCorasick(wanted, matchkind=ahocorasick_rs.MatchKind.LeftmostLongest) if wanted else None

    def text(self, text: str) -> str:
        """The text with everything hidden that may be a secret."""
        found = self._without_values(text)
        for form, shown in _FORMS:
            found = form.sub(shown, found)
        return found

    def _without_values(self, text: str) -> str:
        if self._search is None:
            return text
        # Half of a pair of UTF-16, which no value holds, can be looked through by nobody.
        text = text.encode(errors="replace").decode()
        parts, at = [], 0
        for _, start, end in self._search.find_matches_as_indexes(text):
            parts += [text[at:start], HIDDEN]
            at = end
        return "".join([*parts, text[at:]])


def values_of(secret: dict[str, object]) -> Iterator[str]:
    """The values of a Secret, decoded; those that are no text are left out."""
    data = secret.get("data")
    for encoded in data.values() if isinstance(data, dict) else ():
        try:
            yield base64.b64decode(str(encoded), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue


def _parts(text: str) -> Iterator[str]:
    """A value, each of its lines, and what stands behind the equals sign of one: credentials are kept as files too."""
    for line in {text.strip(), *(line.strip() for line in text.splitlines())}:
        for part in {line, line.partition("=")[2].strip()}:
            if len(part) >= _SHORTEST:
                yield part
