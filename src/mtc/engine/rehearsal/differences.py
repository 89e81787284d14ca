"""What would change in an object, line by line: `spec.replicas: 3 → 2`. Never a value of a Secret. Pure."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mtc.engine.restore import existing
from mtc.kube.client import Object

_MOST_LINES = 40
_LONGEST_VALUE = 120
#: Says the whole object once more, the values of Secrets included.
_NOISE = ("kubectl.kubernetes.io/last-applied-configuration",)
_SERVER_SET = frozenset({"managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink", "ownerReferences"})
_ABSENT = object()


def lines(live: Object, wanted: Object, *, ignored_labels: Collection[str] = ()) -> list[str]:
    """One line for each field of `wanted` that the live object has otherwise; what only the live one has counts where it should not exist.

    Args:
        live: the object as it is.
        wanted: as it is in the source, or would become.
        ignored_labels: labels that a restore gives to what it makes.
    """
    secret = wanted.get("kind") == "Secret"
    found = [*_differences(_plain(live, ignored_labels), _plain(wanted, ignored_labels), ""), *_only_live(live, wanted)]
    shown = [_line(path, before, after, secret=secret) for path, before, after in found[:_MOST_LINES]]
    return [*shown, f"and {len(found) - _MOST_LINES} more"] if len(found) > _MOST_LINES else shown


def _plain(item: Object, ignored_labels: Collection[str]) -> Object:
    meta = {key: value for key, value in item.get("metadata", {}).items() if key not in _SERVER_SET}
    if meta.get("annotations"):
        meta["annotations"] = {key: value for key, value in meta["annotations"].items() if key not in _NOISE}
    if meta.get("labels"):
        meta["labels"] = {key: value for key, value in meta["labels"].items() if key not in ignored_labels}
    return {**{key: value for key, value in item.items() if key not in {"status", "apiVersion", "kind"}}, "metadata": meta}


def _differences(live: Any, wanted: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        for key, value in wanted.items():
            yield from _differences(live.get(key, _ABSENT), value, f"{path}.{key}" if path else str(key))
    elif isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(live):
        for index, (before, after) in enumerate(zip(live, wanted, strict=True)):
            yield from _differences(before, after, f"{path}[{index}]")
    elif wanted != live and not (live is _ABSENT and wanted in ("", None, False, [], {})):
        yield path, live, wanted


def _only_live(live: Object, wanted: Object) -> Iterator[tuple[str, Any, Any]]:
    for part in existing.WHOLE:
        there, here = live.get(part) or {}, wanted.get(part) or {}
        yield from ((f"{part}.{key}", there[key], _ABSENT) for key in there if key not in here)


def _line(path: str, before: Any, after: Any, *, secret: bool) -> str:
    if secret:
        what = "only in the source" if before is _ABSENT else "only in the target" if after is _ABSENT else "another value"
        return f"{path}: {what} (values of Secrets are not shown)"
    return f"{path}: {_shown(before)} → {_shown(after)}"


def _shown(value: Any) -> str:
    if value is _ABSENT:
        return "absent"
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
