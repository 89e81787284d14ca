"""YAML for people, of what was JSON: several times faster than a library that has to look for everything that YAML can say. Pure.

A text stands as it is where nobody can take it for something else, and otherwise in quotes, as in JSON, which is a part of YAML.
"""

import re
from collections.abc import Iterator
from typing import Any

from mtc.kube import codec

#: Begins with a letter, and has no sign that means something.
_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9_./()+-]| (?=[A-Za-z0-9(/]))*")
#: What YAML takes for something else than text.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
#: What ends a line in YAML, and stands in JSON as it is.
_BREAKS = re.compile("[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]")


def dumps(value: Any) -> bytes:
    """A document; `value` is what JSON can say."""
    return "".join(_lines(value, "")).encode() if value and isinstance(value, dict | list) else f"{_scalar(value)}\n".encode()


def _lines(value: Any, indent: str) -> Iterator[str]:
    """The lines of a mapping or list that is not empty; of a list they begin where its name does."""
    for key, inner in value.items() if isinstance(value, dict) else ((None, inner) for inner in value):
        head = f"{indent}- " if key is None else f"{indent}{_scalar(key)}: "
        if not inner or not isinstance(inner, dict | list):
            yield f"{head}{_scalar(inner)}\n"
        elif key is None:
            first, *others = _lines(inner, f"{indent}  ")
            yield head + first[len(head) :]
            yield from others
        else:
            yield f"{head[:-1]}\n"
            yield from _lines(inner, indent if isinstance(inner, list) else f"{indent}  ")


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    text = codec.dumps(value).decode()
    if isinstance(value, float):
        # Without a dot it would be a text.
        return text if "." in text else text.replace("e", ".0e")
    return _BREAKS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
