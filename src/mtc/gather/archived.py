"""Answers, from an archive, what the API servers answered when it was taken: so everything that looks at clusters looks at archives too."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtc.gather import layout
from mtc.kube import codec, errors
from mtc.kube.access import Access
from mtc.kube.client import Object
from mtc.kube.transport import DEADLINE_S, Transport


class Archived(Transport):
    """Stands in for the connection to an API server. It only reads.

    Args:
        folder: the archive, unpacked.
        name: of the cluster.
        read: collections that were read whole, see `layout.entry`.
    """

    def __init__(self, folder: Path, *, name: str, read: frozenset[str]) -> None:
        super().__init__(Access(server=f"archive {folder.name}"), name=name)
        self._root, self._read = folder / layout.cluster(name), read

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> bytes:
        """The answer. Raises errors.NotFound, and errors.Forbidden for what was not taken."""
        del body, headers, deadline_s
        if path == "/version":
            return (self._root / layout.VERSION).read_bytes()
        if path in {"/api", "/apis"}:
            return codec.dumps(codec.loads((self._root / layout.DISCOVERY).read_bytes())[path.strip("/")])
        asked = _Asked.of(path)
        items = self._items(asked, _Selectors.of(params or {}))
        if not asked.name:
            return b'{"kind":"List","apiVersion":"v1","metadata":{},"items":[%s]}' % b",".join(items)
        item = next(items, None)
        if item is None:
            raise self._refused(method, path, 404, "NotFound", f"{asked.plural} {asked.name} is not in the archive", name=asked.name)
        return item

    @asynccontextmanager
    async def open(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        deadline_s: float | None = None,
        silence_s: float | None = None,
    ) -> AsyncIterator[Any]:
        """A log."""
        del body, headers, deadline_s, silence_s
        asked, wanted = _Asked.of(path), params or {}
        name = layout.log(self.name, asked.namespace, asked.name, wanted.get("container", ""), previous="previous" in wanted)
        file = self._root.parent.parent / name
        if asked.subresource != "log" or not file.is_file():
            raise self._refused(method, path, 404, "NotFound", "this log is not in the archive", name=asked.name)
        yield _Lines(file, int(wanted.get("tailLines") or 0))

    def _items(self, asked: "_Asked", selectors: "_Selectors") -> Iterator[bytes]:
        """The objects as they stand in the archive; those of which nothing special is asked are not even parsed."""
        if asked.namespace:
            # Whoever asks for an object of a kind without namespaces may name one all the same.
            places = [self._root / "namespaces" / asked.namespace, self._root / "cluster-scoped-resources"]
            entries = {f"{asked.namespace}/{asked.group_resource}", asked.group_resource}
        else:
            places = [*sorted((self._root / "namespaces").glob("*")), self._root / "cluster-scoped-resources"]
            # Nothing of a kind in the archive may mean that nobody was allowed to read it.
            entries = {entry for entry in self._read if entry.endswith(f"/{asked.group_resource}")} | {asked.group_resource}
        if not entries & self._read:
            msg = f"{asked.plural}{f' of namespace {asked.namespace}' if asked.namespace else ''} were not taken into the archive"
            raise self._refused("GET", asked.path, 403, "Forbidden", msg)
        if asked.name:
            selectors = selectors.and_name(asked.name)
        for place in places:
            file = place / (asked.group or "core") / f"{asked.plural}.json"
            if file.is_file():
                with file.open("rb") as lines:
                    yield from filter(selectors.fit, layout.items(iter(lines)))

    def _refused(self, method: str, path: str, code: int, reason: str, message: str, *, name: str = "") -> errors.ApiError:
        status: dict[str, Any] = {"reason": reason, "message": message, "details": {"name": name} if name else {}}
        return errors.from_status(server=self.name, method=method, path=path, code=code, status=status, text="")


class _Lines:
    """What a log has in place of the body of an answer."""

    def __init__(self, file: Path, tail: int) -> None:
        self.content = self._lines(file, tail)

    @staticmethod
    async def _lines(file: Path, tail: int) -> AsyncIterator[bytes]:
        with file.open("rb") as lines:
            found = lines if not tail else iter(lines.readlines()[-tail:])
            for line in found:
                yield line


class _Asked:
    """The parts of a path."""

    def __init__(self, path: str, group: str, parts: list[str]) -> None:
        self.path, self.group, self.namespace, self.name, self.subresource = path, group, "", "", ""
        if parts[:1] == ["namespaces"] and len(parts) > 2:
            self.namespace, parts = parts[1], parts[2:]
        self.plural = parts[0] if parts else ""
        self.name = parts[1] if len(parts) > 1 else ""
        self.subresource = parts[2] if len(parts) > 2 else ""

    @classmethod
    def of(cls, path: str) -> "_Asked":
        """Those of `/api/v1/...` and `/apis/GROUP/VERSION/...`."""
        parts = path.strip("/").split("/")
        return cls(path, "", parts[2:]) if parts[0] == "api" else cls(path, parts[1], parts[3:])

    @property
    def group_resource(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural


@dataclass(frozen=True)
class _Selectors:
    """Which objects are asked for.

    Attributes:
        labels: key, whether a value is asked for, and which.
        fields: path and value.
        needles: what stands in the text of each: most need not be parsed to be passed over.
    """

    labels: tuple[tuple[str, bool, str], ...]
    fields: tuple[tuple[str, str], ...]
    needles: tuple[bytes, ...]

    @classmethod
    def of(cls, params: Mapping[str, str]) -> "_Selectors":
        """Those of a request."""
        labels = tuple((key, bool(equals), value) for key, equals, value in _pairs(params, "labelSelector"))
        fields = tuple((key, value) for key, _, value in _pairs(params, "fieldSelector"))
        words = (*(word for key, _, value in labels for word in (key, value)), *(value for _, value in fields))
        # Names and labels have nothing that JSON would write in another way.
        return cls(labels, fields, tuple(word.encode() for word in words if word))

    def and_name(self, name: str) -> "_Selectors":
        """The same, of objects of that name alone."""
        return _Selectors(self.labels, (*self.fields, ("metadata.name", name)), (*self.needles, name.encode()))

    def fit(self, item: bytes) -> bool:
        """Whether an object is asked for."""
        if not all(needle in item for needle in self.needles):
            return False
        return not (self.labels or self.fields) or self._fit(codec.loads(item))

    def _fit(self, item: Object) -> bool:
        labels = item["metadata"].get("labels") or {}
        if not all(labels.get(key) == value if has_value else key in labels for key, has_value, value in self.labels):
            return False
        return all(_at(item, key) == value for key, value in self.fields)


def _pairs(params: Mapping[str, str], name: str) -> list[tuple[str, str, str]]:
    return [pair.partition("=") for pair in params.get(name, "").split(",") if pair]


def _at(item: Any, key: str) -> str:
    for part in key.split("."):
        item = item.get(part) if isinstance(item, dict) else None
    return str(item or "")
