"""Manifests that nobody would write: what a kind's schema describes, with missing, foreign, huge and strange values in it.

A manifest begins as a plausible one (so that most of it is really looked at) and then suffers up to four accidents. Values of
a megabyte stand in it as a `Huge` until `expanded`, so that thousands of manifests fit into memory. The same seed gives
the same manifests.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

from mtc.api import base, crd

#: As the API server would find its way out of a path, a query or a selector; and what a person's editor leaves.
STRANGE = (
    "", " ", ".", "..", "../secrets", "../../../../version", "a/b", "a?watch=true", "a#b", "%2e%2e", "a,b", "a=b", "-a", "a-", "UPPER", "a b",
    "ünïcode", "名前", "\u202eab", "\u0000", "\ud7ff", "😀" * 20, "'; drop", "{{ .Values }}", "$(id)", "null", "true", "0", "-1", "1e999", "[]", "{}",
    "a:b:c", ":", "a:", ":a", "a" * 63, "a" * 64, "a" * 253, "a" * 254, "[a,b]", "[", "Traceback", "\n", "a\nb", "\t",
)  # fmt: skip
#: What stands in these fields of a plausible manifest. `SELF` is the object itself, `OWN` its namespace.
SELF, OWN = "\x01self", "\x01own"
_WORDS: dict[str, tuple[str, ...]] = {
    "name": ("remote", "host", "repo", "bystander", "nothing", SELF, "remote-sa", "repo-creds", "..", "a,b=c", "a?watch=true", "名前"),
    "namespace": (OWN, OWN, OWN, OWN, OWN, "nowhere", "..", "default?", "default#a"),
    "url": (
        "https://127.0.0.1:1",
        "ftp://x",
        "https://[::1",
        "https://",
        "127.0.0.1",
        "http://127.0.0.1:1/path",
        "https://127.0.0.1:99999",
    ),
    "awsS3Url": ("http://127.0.0.1:1", "https://", "ftp://127.0.0.1"),
    "backupStorageProvider": ("aws", "gcp", "azure", "AWS", "minio"),
    "volumeSnapshotProvider": ("aws", "gcp", "azure", "", "minio"),
    "namespaces": ("fuzz-1", "fuzz-2", "fuzz-1:other", "fuzz-1:fuzz-2", "missing", "UPPER", "fuzz-1:UPPER", "a" * 64),
    "phase": ("PreBackup", "PostBackup", "PreRestore", "PostRestore", "Never", "EnsureInitialBackup", "Completed", "Created"),
    "itinerary": ("Final", "Stage", "Failed", "Cancel", "Rollback", "Nowhere"),
    "type": ("Ready", "Succeeded", "Failed", "Running", "PvsDiscovered", "Closed", "Suspended", "Postponed", "Own"),
    "status": ("True", "False", "Unknown", "true"),
    "category": ("Critical", "Error", "Warn", "Required", "Advisory", "None"),
    "action": ("copy", "move", "skip", "burn"),
    "copyMethod": ("filesystem", "block", "snapshot", "carry"),
    "targetCluster": ("source", "destination", "middle"),
    "image": ("quay.io/shop/hook:1", "Not An Image", "a" * 300),
    "playbook": ("LS0tCg==", "no base64!"),
    "operator": ("In", "NotIn", "Exists", "DoesNotExist", "in"),
    "exposedRegistryPath": ("127.0.0.1:1", "https://127.0.0.1:1/", "/"),
}
_TIMES = (
    "2026-11-23T15:54:40Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "yesterday",
    "2026-02-30T00:00:00Z",
    "2026-11-23T15:54:40.5+14:00",
    "0001-01-01T00:00:00+14:00",
)
_NUMBERS = (0, 1, -1, 2**31 - 1, 2**31, 2**63 - 1, -(2**63), 2**63, 10**30, 1.5)
_QUANTITIES = ("1Gi", "10", 10, "0", "-1Gi", "1e3", "much", "1e999", "9" * 40)

#: Servers refuse what is larger than 3 MB; much more of it would only fill the memory.
_LARGEST_BYTES = 4_000_000


@dataclass(frozen=True)
class Huge:
    """A text of so many bytes; most of them ASCII."""

    size_bytes: int
    letter: str


_anything = st.recursive(
    st.none() | st.booleans() | st.sampled_from(_NUMBERS) | st.sampled_from(STRANGE) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
_huge = st.builds(Huge, st.sampled_from([1_000, 300_000, 1_048_576, 4_000_000]), st.sampled_from("aA:\n名"))


def _of(schema: crd.Schema, field: str = "") -> st.SearchStrategy[Any]:
    """Plausible values of a node."""
    if schema.get("x-kubernetes-int-or-string"):
        return st.sampled_from(_QUANTITIES)
    kind = schema["type"]
    if kind == "object":
        return _object(schema)
    if kind == "array":
        return st.lists(_of(schema["items"], field), min_size=schema.get("minItems", 0), max_size=3)
    if kind == "string":
        formats = {"date-time": _TIMES[:2], "byte": ("LS0tLS1C", "")}
        return st.sampled_from(formats.get(schema.get("format", "")) or schema.get("enum") or _WORDS.get(field, ("a", "b", "")))
    return st.booleans() if kind == "boolean" else st.sampled_from((0, 1, 600))


def _object(schema: crd.Schema) -> st.SearchStrategy[dict[str, Any]]:
    if "properties" in schema:
        required = set(schema.get("required", ()))
        fields = {key: _of(inner, key) for key, inner in schema["properties"].items()}
        return st.fixed_dictionaries(
            {key: value for key, value in fields.items() if key in required},
            optional={key: value for key, value in fields.items() if key not in required},
        )
    if "additionalProperties" in schema:
        return st.dictionaries(st.sampled_from(("a", "b")), _of(schema["additionalProperties"]), max_size=2)
    return st.dictionaries(st.text(max_size=5), _anything, max_size=2)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from _places(item, (*path, key))


def _size_bytes(value: Any) -> int:
    """About how large a value is when it is expanded."""
    if isinstance(value, Huge):
        return value.size_bytes
    if isinstance(value, dict):
        return 10 + sum(10 + _size_bytes(item) for item in value.values())
    if isinstance(value, list):
        return 10 + sum(_size_bytes(item) for item in value)
    return 10 + len(value) if isinstance(value, str) else 10


@st.composite
def _accident(draw: st.DrawFn, body: dict[str, Any]) -> dict[str, Any]:
    places = [*_places(body)]
    if not places:
        return body
    *path, last = draw(st.sampled_from(places))
    parent: Any = functools.reduce(lambda node, key: node[key], path, body)
    match draw(st.sampled_from(("missing", "null", "strange", "strange", "foreign", "huge", "number", "time", "many", "text"))):
        case "missing":
            del parent[last]
        case "null":
            parent[last] = None
        case "strange":
            parent[last] = draw(st.sampled_from(STRANGE))
        case "foreign":
            parent[last] = draw(_anything)
        case "huge":
            parent[last] = draw(_huge)
        case "number":
            parent[last] = draw(st.sampled_from(_NUMBERS))
        case "time":
            parent[last] = draw(st.sampled_from(_TIMES))
        case "many":
            often = draw(st.sampled_from((2, 50, 2000)))
            if often * _size_bytes(parent[last]) <= _LARGEST_BYTES:
                parent[last] = [parent[last]] * often
        case _:
            parent[last] = draw(st.text(max_size=30))
    return body


@st.composite
def _manifest(draw: st.DrawFn, spec: st.SearchStrategy[Any], status: st.SearchStrategy[Any]) -> dict[str, Any]:
    body: dict[str, Any] = {"spec": draw(spec)}
    if draw(st.integers(0, 3)) == 0:
        body["status"] = draw(status)
    for _ in range(draw(st.sampled_from((0, 1, 1, 2, 2, 3, 4)))):
        body = draw(_accident(body))
    # One part may stand in many places, and an accident to it happens in all of them.
    assume(_size_bytes(body) <= 2 * _LARGEST_BYTES)
    return body


def manifests(model: type[base.Resource], *, count: int, from_seed: int) -> list[dict[str, Any]]:
    """So many manifests without metadata, always the same for the same seed."""
    found: list[dict[str, Any]] = []
    properties = crd.schema(model)["properties"]

    @seed(from_seed)
    @settings(max_examples=count, phases=(Phase.generate,), database=None, deadline=None, suppress_health_check=[*HealthCheck])
    @given(_manifest(_of(properties["spec"]), _of(properties["status"])))
    def collect(body: dict[str, Any]) -> None:
        found.append(body)

    collect()
    return found[:count]


def expanded(value: Any, *, name: str, namespace: str) -> Any:
    """A manifest with its names and its megabytes filled in."""
    if isinstance(value, Huge):
        return value.letter * value.size_bytes
    if isinstance(value, str):
        return {SELF: name, OWN: namespace}.get(value, value)
    if isinstance(value, list):
        return [expanded(item, name=name, namespace=namespace) for item in value]
    if isinstance(value, dict):
        return {key: expanded(item, name=name, namespace=namespace) for key, item in value.items()}
    return value
