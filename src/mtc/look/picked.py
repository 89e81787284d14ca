r"""Single values of objects, picked as kubectl does it: `jsonpath` templates and `custom-columns`. Pure.

The paths themselves are found by a library; here are kubectl's template around them (texts, `range` and `end`) and its way of writing a
path: no `$` at the beginning, and `\.` for a dot that belongs to a key.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import jsonpath

from mtc.look import errors
from mtc.look.tables import Table

_BLOCK = re.compile(r"""\{((?:"(?:[^"\\]|\\.)*"|'[^']*'|[^{}"'])*)\}""")
_RANGE = re.compile(r"range\s+(.+)")
_NONE = "<none>"


def text(template: str, document: Any) -> str:
    """What a jsonpath template makes of an object or a list of them. Raises errors.BadTemplate."""
    if template.startswith((".", "$")) and not set(template) & {"{", "}"}:
        # A path whose braces were forgotten: as a text nobody wants to see it.
        template = f"{{{template}}}"
    parts = list(_parts(template))
    found, rest = _render(parts, document)
    if rest:
        raise errors.BadTemplate("The jsonpath template has an {end} without a {range ...} before it.")
    return found


def columns(spec: str, items: Iterable[dict[str, Any]]) -> Table:
    """The table of `HEADER:.path,HEADER:.path`. Raises errors.BadTemplate."""
    pairs = [part.partition(":") for part in spec.split(",")]
    if not all(name and path for name, _, path in pairs):
        raise errors.BadTemplate(f"{spec!r} is not of the form HEADER:.path,HEADER:.path, such as NAME:.metadata.name,PHASE:.status.phase.")
    paths = [path.removeprefix("{").removesuffix("}") for _, _, path in pairs]
    rows = [tuple(",".join(map(_shown, _find(path, item))) or _NONE for path in paths) for item in items]
    return Table(tuple(name for name, _, _ in pairs), tuple(rows))


def _parts(template: str) -> Iterator[tuple[str, str]]:
    """Texts and what stands in braces, in order: ("text" or "path", content)."""
    at = 0
    for match in _BLOCK.finditer(template):
        if match.start() > at:
            yield "text", template[at : match.start()]
        inner = match[1].strip()
        if inner.startswith('"'):
            try:
                yield "text", json.loads(inner)
            except ValueError as error:
                raise errors.BadTemplate(f"{inner} in the jsonpath template is no text in quotes.") from error
        elif inner.startswith("'"):
            yield "text", inner.strip("'")
        else:
            yield "path", inner
        at = match.end()
    if at < len(template):
        if "{" in template[at:] or "}" in template[at:]:
            raise errors.BadTemplate(f"A brace of the jsonpath template {template!r} has no other half.")
        yield "text", template[at:]


def _render(parts: Sequence[tuple[str, str]], document: Any) -> tuple[str, Sequence[tuple[str, str]]]:
    """The text, and what stands behind the `end` that closes it."""
    shown = []
    while parts:
        (form, content), parts = parts[0], parts[1:]
        if form == "text":
            shown.append(content)
        elif content == "end":
            return "".join(shown), [("path", "end"), *parts]
        elif match := _RANGE.fullmatch(content):
            inner, parts = _inner(parts)
            shown += [_render(inner, item)[0] for item in _find(match[1], document)]
        else:
            shown.append(" ".join(map(_shown, _find(content, document))))
    return "".join(shown), []


def _inner(parts: Sequence[tuple[str, str]]) -> tuple[Sequence[tuple[str, str]], Sequence[tuple[str, str]]]:
    """What stands before the `end` of a range, and behind it."""
    depth = 1
    for number, (form, content) in enumerate(parts):
        if form == "path":
            depth += 1 if _RANGE.fullmatch(content) else -1 if content == "end" else 0
        if depth == 0:
            return parts[:number], parts[number + 1 :]
    raise errors.BadTemplate("The jsonpath template has a {range ...} without an {end}.")


def _find(path: str, document: Any) -> list[Any]:
    try:
        return list(jsonpath.findall(_standard(path), document))
    except jsonpath.JSONPathError as error:
        raise errors.BadTemplate(f"The path {path!r} cannot be understood: {str(error).splitlines()[0]}.") from error


def _standard(path: str) -> str:
    """A path as the standard writes it: keys in quotes."""
    rest = path.strip().removeprefix("$").removeprefix("@")
    found = "$"
    while rest:
        if rest.startswith("["):
            size = _bracket(rest)
            found, rest = found + rest[:size], rest[size:]
            continue
        if rest.startswith(".."):
            found, rest = f"{found}..", rest[2:]
        else:
            rest = rest.removeprefix(".")
        match = re.match(r"(?:\\.|[^.\[\\])*", rest)
        key = match[0] if match else ""
        rest = rest[len(key) :]
        plain = re.sub(r"\\(.)", r"\1", key)
        if plain:
            found += "[*]" if plain == "*" else f"[{json.dumps(plain)}]"
    return found


def _bracket(text: str) -> int:
    """Length of what stands in brackets at the beginning, brackets and quotes in it included."""
    depth, quote = 0, ""
    for at, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign == "[":
            depth += 1
        elif sign == "]":
            depth -= 1
            if depth == 0:
                return at + 1
    raise errors.BadTemplate(f"A bracket of {text!r} has no other half.")


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
