"""Files of the target that restic would spoil or get stuck at, found before it starts.

It updates a file in place by first reserving its whole size: a sparse disk image that changed would fill the volume. And it
opens whatever is in the place of a file: a named pipe, where it waits for a reader for ever, or a socket, which cannot be
opened. Both are removed first, so that restic makes them anew; a sparse file that did not change stays.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

#: Holes below this are not worth a second transfer of the file.
_HOLE_BYTES = 2**20
_BLOCK_BYTES = 512
_NANO = 10**9


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file of the target that may have to go.

    Attributes:
        is_special: named pipe, socket or device, else sparse file.
        size, mtime_ns: to tell whether it changed.
    """

    is_special: bool
    size: int
    mtime_ns: int


def find(folder: Path) -> dict[str, Candidate]:
    """Sparse files, pipes, sockets and devices below a folder, by the path that they have in a snapshot."""
    found: dict[str, Candidate] = {}
    waiting = [str(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                state = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(state.st_mode):
                    waiting.append(entry.path)
                    continue
                is_file = stat.S_ISREG(state.st_mode)
                is_sparse = is_file and state.st_size - state.st_blocks * _BLOCK_BYTES > _HOLE_BYTES
                if is_sparse or not (is_file or stat.S_ISLNK(state.st_mode)):
                    name = entry.path.removeprefix(str(folder))
                    found[name] = Candidate(not is_sparse, state.st_size, state.st_mtime_ns)
    return found


def is_in_the_way(candidates: Mapping[str, Candidate], node: Mapping[str, Any]) -> bool:
    """Whether the candidate at a snapshot's node must be removed for it. A node is a document of `restic ls --json`."""
    mine = candidates.get(str(node.get("path", "")))
    if mine is None or node.get("type") != "file":
        return False
    return mine.is_special or (mine.size, mine.mtime_ns) != (int(node.get("size") or 0), _nanoseconds(str(node.get("mtime", ""))))


def _nanoseconds(text: str) -> int:
    """An RFC 3339 time with up to nine digits after the point, of which Python keeps six."""
    head, _, rest = text.partition(".")
    digits = ""
    while rest[:1].isdigit():
        digits, rest = digits + rest[0], rest[1:]
    try:
        seconds = datetime.fromisoformat(head + (rest if digits else "")).replace(microsecond=0)
    except ValueError:
        return -1
    aware = seconds if seconds.tzinfo else seconds.replace(tzinfo=UTC)
    return int(aware.timestamp()) * _NANO + int(digits.ljust(9, "0") or 0)
