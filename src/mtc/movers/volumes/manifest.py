"""What a volume held when it was copied: every file by kind, size, mode, owner, time, link target, attributes and content.

A mover can say it of each of its snapshots without the source; `compare` holds a folder against it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from mtc.movers.roots import Root

Kind = Literal["file", "folder", "link", "fifo", "block device", "character device", "socket", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file, folder, link or anything else in a folder.

    Attributes:
        name: in its folder, as the file system has it.
        kind: what it is.
        mode: permission bits with setuid, setgid and sticky.
        uid, gid: owner and group.
        mtime_ns: time of the last change.
        size_bytes: of a file, else 0.
        pieces: SHA-256 of each piece of a file's content, in order; the manifest knows how long they are.
        target: of a link.
        device: number of a device.
        twin: the same for all names of one file; None for a file with one name only.
        xattrs: extended attributes by name, without those that belong to the node.
    """

    name: bytes
    kind: Kind
    mode: int
    uid: int
    gid: int
    mtime_ns: int
    size_bytes: int = 0
    pieces: tuple[bytes, ...] = ()
    target: bytes = b""
    device: int = 0
    twin: tuple[int, int] | None = None
    xattrs: tuple[tuple[bytes, bytes], ...] = ()


class Manifest(Protocol):
    """All entries of a volume. Read by one thread at a time."""

    @property
    def root(self) -> Root | None:
        """The volume's root folder itself, None where nobody kept it."""

    def folders(self) -> Iterator[tuple[bytes, list[Entry]]]:
        """Every folder by its path below the root (b"" for that) with what is in it; parents come before children."""

    def piece_bytes(self, piece: bytes) -> int:
        """How long a piece of content is. Raises MoverError when that is not known."""
