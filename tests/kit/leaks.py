"""Does a secret's value stand anywhere where people read? Logs, messages of errors, objects, Events.

Whoever makes a secret for a test tells it to `remember`. After each test what was printed meanwhile (our logs) and the text of
an error of ours are searched (`judge`); at the end of a session everything that we wrote into a cluster is (`in_cluster`). A
value is found as it is, in base64, and percent-encoded; of a long one, such as a token, its end is enough.
"""

import base64
import urllib.parse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import ahocorasick_rs
import orjson
import pytest

from mtc import api, errors
from mtc.engine import repositories
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType

#: Shorter words stand everywhere by chance.
_SHORTEST = 8
_LONG, _END = 64, 32
#: Keys under which Secrets hold what nobody may read elsewhere.
_SECRET_KEYS = frozenset({"saToken", "aws-secret-access-key", "repository-password"})
_SHOWN = 60
_HEAP = 32

_known: dict[str, str] = {}


@dataclass(frozen=True)
class Leak:
    """A secret that can be read.

    Attributes:
        secret: which one; never its value.
        place: where.
        around: the text before it.
    """

    secret: str
    place: str
    around: str

    def __str__(self) -> str:
        """The sentence."""
        return f"{self.secret} can be read in {self.place}, after …{self.around!r}"


def remember(value: str, name: str) -> str:
    """The value; from now on it is looked for."""
    if len(value) < _SHORTEST:
        msg = f"{name} is too short to be looked for"
        raise ValueError(msg)
    _known[value] = name
    return value


@cache
def forms(value: str) -> frozenset[str]:
    """How a value may be written."""
    plain = value.encode()
    found = {value, base64.b64encode(plain).decode().rstrip("="), base64.urlsafe_b64encode(plain).decode().rstrip("=")}
    found |= {urllib.parse.quote(value, safe=""), urllib.parse.quote_plus(value)}
    return frozenset(found | ({value[-_END:]} if len(value) >= _LONG else set()))


class Finder:
    """Looks for all secrets at once: there are hundreds of them, and every object of two clusters is searched."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = dict(known)
        self._words = ahocorasick_rs.AhoCorasick(sorted({form for value in known for form in forms(value)}))

    def search(self, text: str, place: str) -> list[Leak]:
        """The secrets that stand in a text."""
        # Halves of characters are no secret, and not for this search.
        is_there = self._words.find_matches_as_indexes(text.encode(errors="replace").decode())
        return _look(text, place, self._known) if is_there else []


def search(text: str, place: str, known: Mapping[str, str] | None = None) -> list[Leak]:
    """The secrets that stand in a text, of all that were remembered or of others."""
    if known is not None:
        return Finder(known).search(text, place)
    heaps, newest = divmod(len(_known), _HEAP)
    found = [leak for number in range(heaps) for leak in _heap(number).search(text, place)]
    return found + _look(text, place, dict(list(_known.items())[-newest:] if newest else ()))


@cache
def _heap(number: int) -> Finder:
    """The finder of so many of those that were remembered; they come one by one, and a finder takes a moment to make."""
    return Finder(dict(list(_known.items())[number * _HEAP : (number + 1) * _HEAP]))


def _look(text: str, place: str, known: Mapping[str, str]) -> list[Leak]:
    leaks = []
    for value, name in known.items():
        at = next((where for where in map(text.find, forms(value)) if where >= 0), None)
        if at is not None:
            leaks.append(Leak(name, place, text[max(0, at - _SHOWN) : at]))
    return leaks


def judge(report: pytest.TestReport, call: "pytest.CallInfo[None]") -> None:
    """Fails a test during which a secret was printed, or stood in the text of an error of ours."""
    found = [leak for title, text in report.sections for leak in search(text, f"what {report.nodeid} printed ({title})")]
    if call.excinfo is not None and isinstance(call.excinfo.value, errors.MtcError):
        found += search(str(call.excinfo.value), f"the error of {report.nodeid}")
    if found:
        report.outcome = "failed"
        report.longrepr = "\n".join(map(str, found))


async def in_cluster(cluster: Client) -> list[Leak]:
    """The secrets that stand in our kinds and in the Events of a cluster; those of its Secrets are looked for as well."""
    finder = Finder(_known | await of_secrets(cluster))
    kinds = [ResourceType(kind.group, kind.version, kind.plural, kind.kind) for kind in (model.KIND for model in api.kinds())]
    found: list[Leak] = []
    for kind in (*kinds, resources.EVENTS):
        found += [leak for item in await cluster.list_all(kind) for leak in finder.search(_text(item), _place(item, cluster))]
    return found


async def of_secrets(cluster: Client) -> dict[str, str]:
    """The values in the Secrets of a cluster that nobody may read elsewhere, with their names."""
    return {value: name for secret in await cluster.list_all(resources.SECRETS) for value, name in _values(secret).items()}


def _values(secret: Object) -> dict[str, str]:
    meta = secret["metadata"]
    pairs = (secret.get("data") or {}).items()
    values = {key: base64.b64decode(value).decode(errors="replace") for key, value in pairs if key in _SECRET_KEYS}
    return {value: f"{key} of Secret {meta['namespace']}/{meta['name']}" for key, value in values.items() if len(value) >= _SHORTEST}


def _text(item: Object) -> str:
    return orjson.dumps(item).decode()


def _place(item: Object, cluster: Client) -> str:
    meta = item["metadata"]
    return f"{item['kind']} {meta.get('namespace', '')}/{meta['name']} of cluster {cluster.name}"


def fail(leaks: Iterable[Leak]) -> None:
    """Raises AssertionError when there are any."""
    found = [*leaks]
    assert not found, "\n".join(map(str, found))


remember(repositories.DEFAULT_PASSWORD.decode(), "the password of restic's repositories")
