"""The resource list of a run: a line for each object, by type, kept on disk until the run ends.

A run may have a hundred thousand objects; their names alone would take more memory than all the rest of the engine. The last
file of a run is written from here as a stream, sorted.
"""

import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Self

from isal import igzip

from mtc.kube import codec

#: Lines that are written at once.
_ROWS = 500


class Listing:
    """Lines by "apiVersion/Kind". Use as a context manager, within one thread.

    Args:
        path: of a file that does not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self._table = sqlite3.connect(path, isolation_level=None)
        self._table.execute("pragma journal_mode=off")
        self._table.execute("pragma synchronous=off")
        self._table.execute("pragma cache_size=-1024")
        self._table.execute("create table line (type text, line text, primary key (type, line)) without rowid")
        # One transaction, never committed: nobody else reads the file.
        self._table.execute("begin")
        self._types: set[str] = set()
        self._noted: list[tuple[str, str]] = []
        self._lines = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._table.close()

    def __len__(self) -> int:
        """Number of lines."""
        self._settle()
        return self._lines

    @property
    def types(self) -> list[str]:
        """The types that have lines, sorted."""
        self._settle()
        return sorted(self._types)

    def add(self, type_: str, line: str) -> bool:
        """Adds a line; False when it is there already."""
        self._settle()
        new = self._table.execute("insert or ignore into line values (?, ?)", (type_, line)).rowcount
        self._types.add(type_)
        self._lines += new
        return bool(new)

    def note(self, type_: str, line: str) -> None:
        """As `add`, for lines of which nobody asks whether they are there already: they are written many at a time."""
        self._noted.append((type_, line))
        if len(self._noted) >= _ROWS:
            self._settle()

    def _settle(self) -> None:
        if not self._noted:
            return
        before = self._table.total_changes
        self._table.executemany("insert or ignore into line values (?, ?)", self._noted)
        self._lines += self._table.total_changes - before
        self._types.update(type_ for type_, _ in self._noted)
        self._noted.clear()

    def has(self, type_: str, line: str) -> bool:
        """Whether the type has this line."""
        self._settle()
        if type_ not in self._types:
            return False
        return self._table.execute("select 1 from line where type = ? and line = ?", (type_, line)).fetchone() is not None

    def write(self, path: Path) -> None:
        """Writes {type: [line, ...], ...} as a gzip file of JSON with a newline, types and lines sorted."""
        with igzip.open(path, "wb") as file:
            between = b"{"
            for type_ in self.types:
                opening = between + codec.dumps(type_) + b":["
                found = self._table.execute("select line from line where type = ? order by line", (type_,))
                while rows := found.fetchmany(_ROWS):
                    file.write(opening + codec.dumps([line for (line,) in rows])[1:-1])
                    opening = b","
                file.write(b"]")
                between = b","
            file.write(b"}\n" if self._types else b"{}\n")
