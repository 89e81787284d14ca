"""A folder held against the manifest of what it should be. Blocking: run it in a thread.

Folder by folder, entry by entry: kind, size, mode, owner, time, link target, device, names of one file, attributes, and the
content piece by piece. Reading stops at the first piece of a file that differs. Nothing in the folder is changed, the times of
reading included.
"""

import hashlib
import os
import stat
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mtc.movers import errors, roots
from mtc.movers.volumes.manifest import Entry, Kind, Manifest

_KINDS: Mapping[int, Kind] = {
    stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link", stat.S_IFIFO: "fifo", stat.S_IFBLK: "block device",
    stat.S_IFCHR: "character device", stat.S_IFSOCK: "socket",
}  # fmt: skip
#: Steps in which file systems keep times: a nanosecond, NTFS's and SMB's 100, a microsecond, and NFS's or old ext's second.
_TIME_STEPS_NS = (1, 100, 1_000, 1_000_000_000)
_READ_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Difference:
    """An entry that is not as it was copied.

    Attributes:
        path: below the volume's root, "." for that; bytes that are no text are escaped.
        what: what differs, one sentence part each; never a part of the content.
    """

    path: str
    what: tuple[str, ...]


@dataclass
class Compared:
    """How a comparison went so far.

    Attributes:
        entries: that were compared.
        content_bytes: of files that were read.
        differences: entries that are not the same.
    """

    entries: int = 0
    content_bytes: int = 0
    differences: int = 0


@dataclass
class Comparison:
    """One comparison.

    Attributes:
        manifest: what should be.
        folder: what is.
        tell: gets each difference.
        stop: set from outside, it ends the work with errors.Killed.
        found: how far it is.
    """

    manifest: Manifest
    folder: Path
    tell: Callable[[Difference], None]
    stop: threading.Event = field(default_factory=threading.Event)
    found: Compared = field(default_factory=Compared)
    _closed: set[bytes] = field(default_factory=set)
    _expected_twins: dict[tuple[int, int], bytes] = field(default_factory=dict)
    _found_twins: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def run(self) -> Compared:
        """Everything once.

        Raises:
            errors.Incomplete: something could not be read.
        """
        try:
            self._root()
            for path, entries in self.manifest.folders():
                self._folder(path, entries)
        except OSError as error:
            name = _shown(os.fsencode(error.filename or self.folder))
            msg = f"The volume could not be compared: {name}: {error.strerror}. Repair or remove it, and look at the node's log."
            raise errors.Incomplete(msg, files=(name,)) from error
        return self.found

    def _root(self) -> None:
        self.found.entries += 1
        if self.manifest.root is None:
            return
        wanted, is_now = self.manifest.root, roots.read(self.folder)
        what = [
            *_mode(wanted.mode, is_now.mode),
            *_owner((wanted.uid, wanted.gid), (is_now.uid, is_now.gid)),
            *_time(wanted.mtime_ns, is_now.mtime_ns),
            *_attributes(_as_bytes(wanted.xattrs), _as_bytes(is_now.xattrs)),
        ]
        self._tell(b".", what)

    def _folder(self, path: bytes, entries: list[Entry]) -> None:
        base = os.path.join(os.fsencode(self.folder), path) if path else os.fsencode(self.folder)
        if path and (path in self._closed or os.path.dirname(path) in self._closed):
            # What should be the folder has been told about. Never go on through a link that took its place.
            self._closed.add(path)
            self.found.entries += len(entries)
            return
        present = {entry.name: entry for entry in os.scandir(base)}
        if not path and (own := roots.lost_and_found(self.folder)) is not None:
            present.pop(os.fsencode(own.name), None)
        for entry in entries:
            if self.stop.is_set():
                msg = "The comparison was stopped."
                raise errors.Killed(msg)
            self.found.entries += 1
            there = present.pop(entry.name, None)
            name = os.path.join(path, entry.name)
            what = ["is missing"] if there is None else self._entry(os.path.join(base, entry.name), name, entry)
            if entry.kind == "folder" and (there is None or not there.is_dir(follow_symlinks=False)):
                self._closed.add(name)
            self._tell(name, what)
        for left in sorted(present):
            # Programs make sockets anew; restic does not keep them.
            if not stat.S_ISSOCK(present[left].stat(follow_symlinks=False).st_mode):
                self.found.entries += 1
                self._tell(os.path.join(path, left), ["was not in the source"])

    def _entry(self, place: bytes, name: bytes, wanted: Entry) -> list[str]:
        is_now = os.lstat(place)
        kind = _KINDS.get(stat.S_IFMT(is_now.st_mode), "unknown")
        if kind != wanted.kind:
            return [f"is a {kind}, was a {wanted.kind}"]
        what: list[str] = []
        if kind != "link":
            what += _mode(wanted.mode, stat.S_IMODE(is_now.st_mode))
        what += _owner((wanted.uid, wanted.gid), (is_now.st_uid, is_now.st_gid))
        what += _time(wanted.mtime_ns, is_now.st_mtime_ns)
        what += self._inside(place, wanted, is_now)
        if kind != "folder":
            twin = (is_now.st_dev, is_now.st_ino) if is_now.st_nlink > 1 else None
            if _first(self._expected_twins, wanted.twin, name) != _first(self._found_twins, twin, name):
                what.append("is a name of another file than before")
        names = [key for key in os.listxattr(place, follow_symlinks=False) if key != roots.SELINUX_XATTR]
        now = ((os.fsencode(key), os.getxattr(place, key, follow_symlinks=False)) for key in names)
        return what + _attributes(wanted.xattrs, now)

    def _inside(self, place: bytes, wanted: Entry, is_now: os.stat_result) -> list[str]:
        if wanted.kind == "link":
            target = os.readlink(place)
            return [] if target == wanted.target else [f"link to {_shown(wanted.target)} became link to {_shown(target)}"]
        if wanted.kind.endswith("device"):
            return [] if is_now.st_rdev == wanted.device else [f"device {wanted.device} became {is_now.st_rdev}"]
        if wanted.kind != "file":
            return []
        if is_now.st_size != wanted.size_bytes:
            return [f"size {wanted.size_bytes} became {is_now.st_size}"]
        return [] if self._has_content(place, wanted.pieces) else ["content differs"]

    def _has_content(self, place: bytes, pieces: Iterable[bytes]) -> bool:
        descriptor = _opened(place)
        try:
            with open(descriptor, "rb", buffering=0, closefd=False) as file:
                for piece in pieces:
                    digest, left = hashlib.sha256(), self.manifest.piece_bytes(piece)
                    while left:
                        if self.stop.is_set():
                            msg = "The comparison was stopped."
                            raise errors.Killed(msg)
                        data = file.read(min(left, _READ_BYTES))
                        if not data:
                            return False
                        digest.update(data)
                        left -= len(data)
                        self.found.content_bytes += len(data)
                    if digest.digest() != piece:
                        return False
                return not file.read(1)
        finally:
            os.close(descriptor)

    def _tell(self, name: bytes, what: list[str]) -> None:
        if what:
            self.found.differences += 1
            self.tell(Difference(_shown(name), tuple(what)))


def _opened(place: bytes) -> int:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(place, flags | getattr(os, "O_NOATIME", 0))
    except PermissionError:
        return os.open(place, flags)


def _first(known: dict[tuple[int, int], bytes], twin: tuple[int, int] | None, name: bytes) -> bytes:
    """The first name under which a file was met; its only one where it has no other."""
    return name if twin is None else known.setdefault(twin, name)


def _mode(wanted: int, is_now: int) -> list[str]:
    return [] if wanted == is_now else [f"mode {wanted:04o} became {is_now:04o}"]


def _owner(wanted: tuple[int, int], is_now: tuple[int, int]) -> list[str]:
    return [] if wanted == is_now else [f"owner {wanted[0]}:{wanted[1]} became {is_now[0]}:{is_now[1]}"]


def _time(wanted_ns: int, now_ns: int) -> list[str]:
    if any(now_ns == wanted_ns // step * step for step in _TIME_STEPS_NS):
        return []
    return ["time of the last change differs"]


def _attributes(wanted: Iterable[tuple[bytes, bytes]], now: Iterable[tuple[bytes, bytes]]) -> list[str]:
    before, after = dict(wanted), dict(now)
    changed = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    return [f"attribute {_shown(key)} differs" for key in changed]


def _as_bytes(xattrs: Iterable[tuple[str, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(os.fsencode(name), value) for name, value in xattrs]


def _shown(name: bytes) -> str:
    text = name.decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
