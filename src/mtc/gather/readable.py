"""YAML for people, of what was JSON: several times faster than a library that has to look for everything that YAML can say. Pure.

A text stands as it is where nobody can take it for something else, and otherwise in quotes, as in JSON, which is a part of YAML.
"""

import functools
import re
from collections.abc import Callable
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
    if not value or not isinstance(value, dict | list):
        return f"{_scalar(value)}\n".encode()
    lines: list[str] = []
    _add(value, "", "", lines.append)
    return "".join(lines).encode()


def _add(value: dict[str, Any] | list[Any], first: str, indent: str, add: Callable[[str], None]) -> None:
    """Adds the lines of a mapping or list that is not empty; what stands before the first of them may be more than the indent."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if not inner or not isinstance(inner, dict | list):
                add(f"{first}{_text(key)}: {_scalar(inner)}\n")
            else:
                add(f"{first}{_text(key)}:\n")
                # A list begins where its name does.
                inside = indent if isinstance(inner, list) else f"{indent}  "
                _add(inner, inside, inside, add)
            first = indent
    else:
        for inner in value:
            if not inner or not isinstance(inner, dict | list):
                add(f"{first}- {_scalar(inner)}\n")
            else:
                _add(inner, f"{first}- ", f"{indent}  ", add)
            first = indent


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    text = codec.dumps(value).decode()
    # Without a dot it would be a text.
    return text.replace("e", ".0e") if isinstance(value, float) and "." not in text else text


@functools.lru_cache(maxsize=4096)
def _text(value: str) -> str:
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return _BREAKS.sub(lambda match: f"\\u{ord(match[0]):04x}", codec.dumps(value).decode())
