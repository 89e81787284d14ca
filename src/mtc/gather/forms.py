"""How a secret value may be written in a text that is not a Secret: as it is, in base64 at any offset, percent-encoded, escaped. Pure."""

import base64
import html
import json
import urllib.parse
from collections.abc import Iterator

#: Encoded forms shorter than this stand in texts by chance.
_SHORTEST = 6
#: Longer ones are looked for piece by piece, so that a cut-off copy is found as well.
_LONG, _PIECE = 96, 48
#: Nobody's password is longer; what is, such as the archive of a Helm release, is found by its beginning.
_MOST = 16_384


def encoded(value: bytes) -> set[str]:
    """All forms of a value except the plain one: each can be looked for anywhere in a text."""
    value = value[:_MOST]
    found = set(aligned(value))
    for once in list(found):
        found |= set(aligned(once.encode()))
    found |= {value.hex(), value.hex().upper(), value.hex(":")}
    found |= {"".join(f"%{byte:02X}" for byte in value), "".join(f"\\x{byte:02x}" for byte in value)}
    text = _text(value)
    if text is not None:
        found |= _escaped(text)
    return {form for form in found if len(form) >= _SHORTEST and form != text}


def pieces(form: str) -> Iterator[str]:
    """The form, or parts of a long one of which any tells that it is there."""
    if len(form) <= _LONG:
        yield form
        return
    for start in range(0, len(form) - _PIECE, _PIECE):
        yield form[start : start + _PIECE]
    yield form[-_PIECE:]


def aligned(value: bytes) -> Iterator[str]:
    """What base64 makes of a value inside of something longer: three texts for its three places among the groups of bytes."""
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + value).decode()
        # The first characters hold bits of what stands before, the last one those of what follows.
        whole = text[(0, 2, 3)[shift] : 8 * (shift + len(value)) // 6]
        yield whole
        yield whole.replace("+", "-").replace("/", "_")


def _escaped(text: str) -> set[str]:
    once, plain = json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]
    marks = (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"))
    go = plain
    for mark, code in marks:
        go = go.replace(mark, code)
    twice = {json.dumps(form)[1:-1] for form in (once, plain, go)}
    quoted = urllib.parse.quote(text, safe="")
    lower = "".join(part.lower() if part.startswith("%") else part for part in _percent_parts(quoted))
    found = {once, plain, go, *twice, quoted, lower, urllib.parse.quote(quoted, safe=""), urllib.parse.quote_plus(text)}
    found |= {urllib.parse.quote(text), html.escape(text), html.escape(text, quote=False), text.replace("'", "'\\''")}
    return found | {text.replace("'", "''"), text.replace("$", "$$"), text.replace("$", "\\$"), repr(text)[1:-1]}


def _percent_parts(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        size = 3 if text[at] == "%" else 1
        yield text[at : at + size]
        at += size


def _text(value: bytes) -> str | None:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None
