"""The archive of a backup: a gzip tar that is written as objects come, and read through an index on disk.

Writing streams: an object is two tar entries and is forgotten. Reading unpacks once into a plain file beside a small SQLite
index, so that a restore can go through the objects in its own order without holding them in memory, whatever their number.
"""

import io
import sqlite3
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

from isal import igzip_lib, igzip_threaded

from mtc.engine import layout, tar
from mtc.engine.errors import ArchiveBroken

#: isal's level 2: the best size that still costs less time than reading the objects from the API server.
_LEVEL = 2
#: Objects in etcd are 1.5 MiB by default and cannot exceed 10 MiB in any set-up seen; more is no object.
_LARGEST_ITEM = 64 * 2**20

#: Bytes that are packed or unpacked at once, and rows that go into the index at once.
_PIECE = 2**18
_ROWS = 500

_UNREADABLE = (tarfile.TarError, EOFError, OSError, cast("type[Exception]", igzip_lib.IsalError))


class Writer:
    """Writes an archive to a file. Use as a context manager; the file is whole after a clean exit."""

    def __init__(self, path: Path) -> None:
        self._gzip = igzip_threaded.open(path, "wb", compresslevel=_LEVEL, threads=1)
        self._headers = tar.Headers(mode=0o755, mtime=int(time.time()))
        self._parts: list[bytes] = []
        self._waiting = self._written = 0
        self._add("metadata/version", layout.FORMAT_VERSION.encode() + b"\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self._put(tar.end(self._written))
            self._flush()
        self._gzip.close()

    def add(self, group_resource: str, version: str, namespace: str, name: str, body: bytes) -> None:
        """Adds an object under its main path and under that of its version."""
        self._add(layout.item_path(group_resource, namespace, name), body)
        self._add(layout.item_path(group_resource, namespace, name, version=version), body)

    def _add(self, path: str, body: bytes) -> None:
        self._put(self._headers.header(path, len(body)), body, tar.padding(len(body)))

    def _put(self, *parts: bytes) -> None:
        # The gzip has a thread of its own: handing it many small pieces costs more than packing them.
        self._parts += parts
        size = sum(map(len, parts))
        self._waiting += size
        self._written += size
        if self._waiting >= _PIECE:
            self._flush()

    def _flush(self) -> None:
        self._gzip.write(b"".join(self._parts))
        self._parts, self._waiting = [], 0


@dataclass(frozen=True, slots=True)
class Item:
    """Where an object of an archive is."""

    group_resource: str
    namespace: str
    name: str
    offset: int
    size: int


class Reader:
    """Reads an archive that has been unpacked into `folder`. Use as a context manager.

    Raises ArchiveBroken when the file is no archive, ends too early or has paths that lead out of it.
    """

    def __init__(self, archive: Path, folder: Path) -> None:
        self._data_path = folder / "items"
        self._index = sqlite3.connect(folder / "index.sqlite", check_same_thread=False)
        self._index.execute("pragma journal_mode=off")
        self._index.execute("pragma synchronous=off")
        self._index.execute("pragma cache_size=-2048")
        self._index.execute(
            "create table item (gr text, ns text, name text, start int, size int, primary key (gr, ns, name)) without rowid"
        )
        try:
            self._unpack(archive)
        except _UNREADABLE as error:
            msg = f"The archive of the backup cannot be read ({error}). Take a new backup, or restore the file from a copy of the bucket."
            raise ArchiveBroken(msg) from error
        self._data = self._data_path.open("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._data.close()
        self._index.close()

    def _unpack(self, archive: Path) -> None:
        with igzip_threaded.open(archive, "rb", threads=1) as packed, self._data_path.open("wb") as data:
            buffered = cast("BinaryIO", io.BufferedReader(packed, _PIECE))
            start = 0
            rows: list[tuple[str, str, str, int, int]] = []
            for place, body in tar.contents(buffered, _place, largest=_LARGEST_ITEM):
                data.write(body)
                rows.append((*place, start, len(body)))
                start += len(body)
                if len(rows) >= _ROWS:
                    self._insert(rows)
            self._insert(rows)
        self._index.commit()

    def _insert(self, rows: list[tuple[str, str, str, int, int]]) -> None:
        self._index.executemany("insert or replace into item values (?, ?, ?, ?, ?)", rows)
        rows.clear()

    def groups(self) -> list[tuple[str, str, int]]:
        """(group resource, namespace, number of objects), sorted."""
        return list(self._index.execute("select gr, ns, count(*) from item group by gr, ns order by gr, ns"))

    def items(self, group_resource: str, namespace: str) -> Iterator[Item]:
        """The objects of one resource and namespace, by name."""
        query = "select gr, ns, name, start, size from item where gr = ? and ns = ? order by name"
        for row in self._index.execute(query, (group_resource, namespace)):
            yield Item(*row)

    def find(self, group_resource: str, namespace: str, name: str) -> Item | None:
        """One object, None when the archive does not have it."""
        query = "select gr, ns, name, start, size from item where gr = ? and ns = ? and name = ?"
        row = self._index.execute(query, (group_resource, namespace, name)).fetchone()
        return Item(*row) if row else None

    def body(self, item: Item) -> bytes:
        """The object's JSON."""
        self._data.seek(item.offset)
        return self._data.read(item.size)


def _place(path: str) -> tuple[str, str, str] | None:
    """Which object a path of the archive means, None for other files."""
    if path.startswith("/") or ".." in path.split("/"):
        msg = f"its entry {path!r} leads out of the archive"
        raise tarfile.TarError(msg)
    return layout.parse_item_path(path)
