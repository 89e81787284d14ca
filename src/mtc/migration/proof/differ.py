"""Where an object of the target contradicts what it should be. Pure.

What the target has and the saved object lacks is no difference: defaults, and what admission adds. What the saved object has and
the target lost or changed is one. Data of ConfigMaps and Secrets must be the same in both directions. No value of a text is
ever told, because it may be a secret; numbers and switches are.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mtc.engine.restore import existing
from mtc.kube.client import Object

#: Maps in which a key that nobody saved is something foreign, as opposed to a field that was left to its default.
_WHOLE = frozenset(existing.WHOLE)
#: Kinds whose lists the target lengthens by itself: admission and kubelet add volumes, mounts and tolerations.
_OPEN = frozenset({"Pod", "ServiceAccount"})
#: Fields by which a list of structs is told apart, where they are different in all of it.
_KEYS = ("name", "mountPath", "containerPort")
_EMPTY: tuple[object, ...] = ("", None, False)
#: As many as are worth telling of one object.
_MOST = 10


def differences(wanted: Object, found: Object) -> list[str]:
    """A few words for each field that differs, at most ten; none where the object is as it should be."""
    told: list[str] = []
    is_open = wanted.get("kind") in _OPEN
    for key, value in wanted.items():
        if key in _WHOLE and isinstance(value, Mapping | None):
            told += _data(key, value or {}, found.get(key) or {})
        elif key not in {"apiVersion", "kind", "status"}:
            told += _walk((key,), value, found.get(key), is_open=is_open)
    for key in _WHOLE - wanted.keys():
        if isinstance(found.get(key), Mapping):
            told += _data(key, {}, found[key])
    return told if len(told) <= _MOST else [*told[:_MOST], f"and {len(told) - _MOST} fields more"]


def _data(field: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(wanted.keys() | found.keys()):
        if key not in found:
            yield f"key {key} of {field} is missing"
        elif key not in wanted:
            yield f"key {key} of {field} was not in the source"
        elif wanted[key] != found[key]:
            yield f"key {key} of {field} differs"


def _walk(path: tuple[str, ...], wanted: Any, found: Any, *, is_open: bool) -> Iterator[str]:
    if isinstance(wanted, Mapping):
        if not isinstance(found, Mapping):
            if any(list(_walk((*path, key), value, None, is_open=is_open)) for key, value in wanted.items()) or found is not None:
                yield f"{_shown(path)} {'is missing' if found is None else 'differs'}"
            return
        for key, value in wanted.items():
            yield from _walk((*path, str(key)), value, found.get(key), is_open=is_open)
    elif isinstance(wanted, list):
        yield from _list(path, wanted, found, is_open=is_open)
    elif wanted != found and not (found is None and wanted in _EMPTY):
        yield _scalar(path, wanted, found)


def _list(path: tuple[str, ...], wanted: Sequence[Any], found: Any, *, is_open: bool) -> Iterator[str]:
    if not isinstance(found, list):
        if wanted or found is not None:
            yield f"{_shown(path)} {'is missing' if found is None else 'differs'}"
        return
    key = _key(wanted)
    if key is not None and (not found or _key(found) == key):
        yield from _by_key(path, key, wanted, found, is_open=is_open)
    elif is_open:
        if any(all(any(_walk(path, item, other, is_open=True)) for other in found) for item in wanted):
            yield f"{_shown(path)} lacks an entry"
    elif len(wanted) != len(found):
        yield f"{_shown(path)} has {len(found)} entries, had {len(wanted)}"
    else:
        for number, (item, other) in enumerate(zip(wanted, found, strict=True)):
            yield from _walk((*path, str(number)), item, other, is_open=is_open)


def _by_key(path: tuple[str, ...], key: str, wanted: Sequence[Any], found: Sequence[Any], *, is_open: bool) -> Iterator[str]:
    present = {item[key]: item for item in found}
    for item in wanted:
        if item[key] in present:
            yield from _walk((*path, str(item[key])), item, present[item[key]], is_open=is_open)
        else:
            yield f"{_shown((*path, str(item[key])))} is missing"
    if not is_open:
        for name in present.keys() - {item[key] for item in wanted}:
            yield f"{_shown((*path, str(name)))} was not in the source"


def _key(items: Sequence[Any]) -> str | None:
    """The field that tells the structs of a list apart, None where none does."""
    if not items or not all(isinstance(item, Mapping) for item in items):
        return None
    for key in _KEYS:
        values = [item.get(key) for item in items]
        if all(isinstance(value, str | int) for value in values) and len(set(values)) == len(values):
            return key
    return None


def _scalar(path: tuple[str, ...], wanted: Any, found: Any) -> str:
    where = _shown(path)
    if found is None:
        return f"{where} is missing"
    if isinstance(wanted, bool | int | float) and isinstance(found, bool | int | float):
        return f"{where} {_value(wanted)} became {_value(found)}"
    return f"{where} differs"


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shown(path: tuple[str, ...]) -> str:
    """A path as people write it; keys with dots stand in brackets."""
    text = ""
    for part in path:
        text += f"[{part}]" if "." in part or "/" in part or part.isdigit() else f".{part}" if text else part
    return text
