"""Two hundred secrets in odd places, each in a Secret and somewhere where it should not be; and the search for them that knows nothing of ours."""

import base64
import gzip
import html
import json
import random
import re
import string
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Write = Callable[[str], str]
_SIGNS = "!$%&*+-./:;<=>?@^_~#'\"\\ "


@dataclass(frozen=True)
class Secret:
    """A value, and how it is written in its odd place."""

    value: str
    written: str


def values(seed: int, count: int) -> list[str]:
    """Values of many shapes: random texts, words with a number, keys in hexadecimal, texts with signs and of other scripts, long ones."""
    chance = random.Random(seed)

    def some(alphabet: str, size: int) -> str:
        return "".join(chance.choice(alphabet) for _ in range(size))

    shapes: tuple[Callable[[], str], ...] = (
        lambda: some(string.ascii_letters + string.digits, 24),
        lambda: f"{chance.choice(['Winter', 'autumn', 'Tokyo', 'dragon'])}{chance.randrange(10**5, 10**6)}",
        lambda: some(string.hexdigits.lower()[:16], 40),
        lambda: f"a{some(string.ascii_letters + string.digits + _SIGNS, 18)}z",
        lambda: f"{some(string.ascii_lowercase, 5)}-{some(string.digits, 4)}-{some(string.ascii_lowercase, 5)}",
        lambda: f"パスワード{some(string.digits, 6)}é",
        lambda: some(string.ascii_letters + string.digits + "-_", 180),
        lambda: f"{some(string.ascii_letters, 9)}&{some(string.digits, 4)}<{some(string.ascii_letters, 4)}>",
    )
    return [shapes[number % len(shapes)]() for number in range(count)]


#: How a value may be written in a text.
WRITERS: tuple[Write, ...] = (
    lambda value: value,
    lambda value: base64.b64encode(value.encode()).decode(),
    lambda value: base64.b64encode(f"user:{value}".encode()).decode(),
    lambda value: base64.urlsafe_b64encode(f"?{value}?".encode()).decode(),
    lambda value: json.dumps({"outer": json.dumps({"inner": value})}),
    lambda value: f"https://user:{urllib.parse.quote(value, safe='')}@db.example:5432/shop?sslmode=off",
    lambda value: f"https://api.example/v1?page=2&q={urllib.parse.quote(value, safe='')}#top",
    lambda value: value.encode().hex(),
    lambda value: base64.b64encode(base64.b64encode(value.encode())).decode(),
    html.escape,
    lambda value: f'{{"auths": {{"registry.example": {{"auth": "{base64.b64encode(f"bot:{value}".encode()).decode()}"}}}}}}',
    lambda value: f"--dsn=postgres://shop:{urllib.parse.quote(value, safe='')}@db/shop",
)


def found_in(data: bytes, wanted: list[Secret]) -> Iterator[str]:
    """The values that can be read out of a file, also by decoding what is base64 in it, and what is hexadecimal or percent-encoded."""
    texts = list(_readings(data.decode(errors="replace")))
    for secret in wanted:
        forms = {
            secret.value,
            json.dumps(secret.value)[1:-1],
            json.dumps(secret.value, ensure_ascii=False)[1:-1],
            html.escape(secret.value),
        }
        forms |= {json.dumps(form)[1:-1] for form in list(forms)}
        if any(form in text for form in forms for text in texts):
            yield secret.value


def _readings(text: str) -> Iterator[str]:
    yield text
    yield urllib.parse.unquote(text)
    for run in set(re.findall(r"[A-Za-z0-9+/_\-]{8,}={0,2}", text)):
        yield from _decoded(run, depth=2)


def _decoded(run: str, *, depth: int) -> Iterator[str]:
    plain = run.rstrip("=").replace("-", "+").replace("_", "/")
    for start in range(4):
        part = plain[start:]
        part = part[: len(part) - (len(part) % 4 == 1)]
        data = base64.b64decode(part + "=" * (-len(part) % 4))
        if data[:2] == b"\x1f\x8b":
            try:
                data = gzip.decompress(data)
            except (OSError, EOFError):
                continue
        found = data.decode(errors="replace")
        yield found
        if depth > 1 and re.fullmatch(r"[\x20-\x7e]+", found):
            yield from _decoded(re.sub(r"[^A-Za-z0-9+/_\-]", "", found), depth=depth - 1)
    if re.fullmatch(r"(?:[0-9a-fA-F]{2})+", run):
        yield bytes.fromhex(run).decode(errors="replace")
