"""Compare the files of a volume on two clusters: content, kind, mode, owner, time, links and extended attributes.

The source is at rest when this is done. The target runs: what its programs have written since their start is told apart from what
the migration has brought by its time of change, which must be later than the start; everything else must be the same.
"""

import contextlib
import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass

_CHUNK_BYTES = 1024 * 1024
_DIGEST_LENGTH = 16
#: Attributes that belong to the file system of one machine.
_FOREIGN_ATTRIBUTES = ("security.selinux", "system.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file, folder, link or anything else in a volume.

    Attributes:
        mode: kind and permissions.
        owner: user and group.
        mtime_ns: when its content changed.
        size_bytes: of a regular file, else 0.
        content: digest of a regular file, target of a symbolic link, else "".
        twins: for a file with several names the first of them, else b"".
        attributes: digest of its extended attributes, "" where it has none.
    """

    mode: int
    owner: tuple[int, int]
    mtime_ns: int
    size_bytes: int = 0
    content: str = ""
    twins: bytes = b""
    attributes: str = ""


Tree = Mapping[bytes, Entry]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How two trees relate.

    Attributes:
        files: number of entries that were compared.
        size_bytes: of their regular files.
        source, target: digest of all compared entries on each side.
        written: names that a program of the target has written since.
        different: names with what is different.
    """

    files: int
    size_bytes: int
    source: str
    target: str
    written: tuple[bytes, ...]
    different: tuple[tuple[bytes, str], ...]

    @property
    def is_same(self) -> bool:
        """Whether everything that was compared is the same."""
        return self.source == self.target and not self.different and self.files > 0


def read(top: str) -> dict[bytes, Entry]:
    """Every entry below a folder, and the folder itself as b"."."""
    root = os.fsencode(top)
    found: dict[bytes, Entry] = {}
    inodes: dict[int, bytes] = {}
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in (b"", *folders, *sorted(files)):
            # Folders are entries of their parents, so that links to folders are seen as links.
            path = os.path.join(folder, name) if name else folder  # noqa: PTH118 - names are bytes
            if name or folder == root:
                short = os.path.relpath(path, root)
                # A running program removes files at any moment.
                with contextlib.suppress(FileNotFoundError):
                    found[short] = _entry(path, short, inodes)
    return found


def _entry(path: bytes, name: bytes, inodes: dict[int, bytes]) -> Entry:
    status = os.lstat(path)
    content, twins = "", b""
    is_file = stat.S_ISREG(status.st_mode)
    if is_file:
        if status.st_nlink > 1:
            twins = inodes.setdefault(status.st_ino, name)
        content = _digest(path)
    elif stat.S_ISLNK(status.st_mode):
        content = os.fsdecode(os.readlink(path))  # noqa: PTH115 - names are bytes
    return Entry(
        mode=status.st_mode,
        owner=(status.st_uid, status.st_gid),
        mtime_ns=status.st_mtime_ns,
        size_bytes=status.st_size if is_file else 0,
        content=content,
        twins=twins,
        attributes=_attributes(path),
    )


def _digest(path: bytes) -> str:
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - names are bytes
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _attributes(path: bytes) -> str:
    found = [name for name in sorted(os.listxattr(path, follow_symlinks=False)) if not name.startswith(_FOREIGN_ATTRIBUTES)]
    if not found:
        return ""
    return hashlib.sha256(repr([(name, os.getxattr(path, name, follow_symlinks=False)) for name in found]).encode()).hexdigest()


def compare(source: Tree, target: Tree, *, started_ns: int) -> Comparison:
    """How the trees relate.

    Args:
        source: as it was at the end.
        target: as it is now.
        started_ns: when the programs that use the target's volume were started.
    """
    written: list[bytes] = []
    different: list[tuple[bytes, str]] = []
    compared: list[bytes] = []
    for name in sorted(source.keys() | target.keys()):
        here, there = source.get(name), target.get(name)
        if here == there:
            compared.append(name)
        elif _is_written(name, here, there, target, started_ns):
            written.append(name)
        else:
            compared.append(name)
            different.append((name, _difference(here, there)))
    return Comparison(
        files=len(compared),
        size_bytes=sum(source[name].size_bytes for name in compared if name in source),
        source=_checksum(source, compared),
        target=_checksum(target, compared),
        written=tuple(written),
        different=tuple(different),
    )


def _is_written(name: bytes, here: Entry | None, there: Entry | None, target: Tree, started_ns: int) -> bool:
    """Whether a difference comes from a program of the target: the entry, or for a removed one its folder, is younger than its start."""
    if there is None:
        # A folder that went with its files leaves the time of its going on the nearest folder that is still there.
        parent = os.path.dirname(name) or b"."  # noqa: PTH120 - names are bytes
        while parent not in target:
            parent = os.path.dirname(parent) or b"."  # noqa: PTH120
        return target[parent].mtime_ns >= started_ns
    if there.mtime_ns < started_ns:
        return False
    # A program that writes into a file changes neither whose it is nor who may read it.
    return here is None or (here.mode, here.owner) == (there.mode, there.owner)


def _difference(here: Entry | None, there: Entry | None) -> str:
    if here is None:
        return "only in the target"
    if there is None:
        return "missing in the target"
    fields = ("mode", "owner", "mtime_ns", "size_bytes", "content", "twins", "attributes")
    changed = [field.removesuffix("_ns").removesuffix("_bytes") for field in fields if getattr(here, field) != getattr(there, field)]
    return f"{', '.join(changed)} differs"


def _checksum(tree: Tree, names: list[bytes]) -> str:
    digest = hashlib.sha256()
    for name in names:
        digest.update(repr((name, tree.get(name))).encode())
    return digest.hexdigest()[:_DIGEST_LENGTH]
