"""JSON in and out. The one place that knows which libraries do it.

msgspec splits a list page into raw items without parsing them (150,000 objects a second); orjson makes dicts.
"""

from typing import Any

import msgspec
import orjson


class ListMeta(msgspec.Struct, rename="camel"):
    """`metadata` of a list answer. `continue_` is empty on the last page; servers may leave out how many items are on later ones."""

    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")
    remaining_item_count: int | None = None


class RawPage(msgspec.Struct, rename="camel"):
    """A list page whose items are still bytes."""

    metadata: ListMeta = msgspec.field(default_factory=ListMeta)
    items: list[msgspec.Raw] = []
    api_version: str = ""
    kind: str = ""


class _Page(msgspec.Struct, rename="camel"):
    # An empty list that the server has converted, for instance to metadata alone, has null in place of items.
    metadata: ListMeta = msgspec.field(default_factory=ListMeta)
    items: list[msgspec.Raw] | None = None
    api_version: str = ""
    kind: str = ""


class Meta(msgspec.Struct, rename="camel"):
    """The part of an object's metadata that selection needs."""

    name: str = ""
    namespace: str = ""
    labels: dict[str, str] | None = None
    deletion_timestamp: str | None = None
    uid: str = ""


class Head(msgspec.Struct, rename="camel"):
    """An object parsed no further than its identity."""

    metadata: Meta = msgspec.field(default_factory=Meta)
    api_version: str = ""
    kind: str = ""


_page = msgspec.json.Decoder(_Page)
_head = msgspec.json.Decoder(Head)


#: In JSON these stand in texts only.
_ESCAPED_BY_GO = tuple((sign.encode(), f"\\u{ord(sign):04x}".encode()) for sign in "<>&\u2028\u2029")


def loads(data: bytes | bytearray | memoryview | str) -> Any:
    """A JSON document as Python values; key order is kept."""
    return orjson.loads(data)


def dumps(value: Any) -> bytes:
    """Compact JSON, keys in the order they have."""
    return orjson.dumps(value)


def dumps_body(value: Any) -> bytes:
    """JSON as API servers write it themselves, for what is sent to them.

    Fields that hold any JSON, such as the data of a ControllerRevision, are kept as the bytes that came. Whatever is written in another way
    than encoders of Go do is another value for the server when a controller sends the object back, and an immutable field would have
    changed: such an object nobody can change any more.
    """
    data = orjson.dumps(value)
    for sign, escaped in _ESCAPED_BY_GO:
        if sign in data:
            data = data.replace(sign, escaped)
    return data


def dumps_pretty(value: Any) -> bytes:
    """Indented JSON with sorted keys, for files that people read."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)


def split_page(data: bytes) -> RawPage:
    """A list answer as raw items. Raises msgspec.DecodeError on anything that is no list."""
    page = _page.decode(data)
    return RawPage(metadata=page.metadata, items=page.items or [], api_version=page.api_version, kind=page.kind)


def head(data: bytes | msgspec.Raw) -> Head:
    """Identity, labels and deletion mark of one raw object."""
    return _head.decode(data)


class Typer:
    """Puts `apiVersion` and `kind` in front of raw list items; items of built-in types come without them.

    Args:
        api_version, kind: of the collection.
    """

    def __init__(self, *, api_version: str, kind: str) -> None:
        self._prefix = b'{"apiVersion":%s,"kind":%s,' % (orjson.dumps(api_version), orjson.dumps(kind))

    def __call__(self, raw: bytes | msgspec.Raw, head: Head) -> bytes:
        """The item with its type, `head` being what was parsed of it."""
        body = bytes(raw)
        if head.kind:
            return body
        # A list item begins with its brace.
        return self._prefix + body[1:] if len(body) > len(b"{}") else self._prefix[:-1] + b"}"
