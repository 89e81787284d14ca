"""The root folder of a volume: what it is like itself, and what in it belongs to the file system.

restic keeps the metadata of everything in the folder but not of the folder. We keep it in tags of the snapshot, so that
snapshot and root travel together, and apply it after everything else, because restoring changes the folder's time.
"""

import base64
import binascii
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from mtc.movers import errors

#: Belongs to the node and namespace of the pod that uses the volume, not to the data: the container runtime sets it anew.
SELINUX_XATTR = "security.selinux"
LOST_AND_FOUND = "lost+found"
_TAG = "mtc-root"
_XATTR_TAG = "mtc-root-xattr"
# Inode numbers that ext2, ext3 and ext4 give to the root and, at mkfs, to lost+found.
_EXT_ROOT_INODE = 2
_EXT_LOST_AND_FOUND_INODE = 11


@dataclass(frozen=True, slots=True)
class Root:
    """Metadata of a volume's root folder.

    Attributes:
        mode: permission bits with setuid, setgid and sticky.
        uid, gid: owner and group.
        mtime_ns: time of the last change.
        xattrs: extended attributes, ACLs included.
    """

    mode: int
    uid: int
    gid: int
    mtime_ns: int
    xattrs: tuple[tuple[str, bytes], ...] = ()


def read(path: Path) -> Root:
    """The metadata of a folder."""
    found = path.stat()
    names = sorted(name for name in os.listxattr(path) if name != SELINUX_XATTR)
    xattrs = tuple((name, os.getxattr(path, name)) for name in names)
    return Root(stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid, found.st_mtime_ns, xattrs)


def apply(root: Root, path: Path) -> None:
    """Gives a folder the metadata. Raises Incomplete when the file system does not permit it."""
    try:
        os.chown(path, root.uid, root.gid)
        wanted = dict(root.xattrs)
        for name in os.listxattr(path):
            if name not in wanted and name != SELINUX_XATTR:
                os.removexattr(path, name)
        for name, value in root.xattrs:
            os.setxattr(path, name, value)
        # After owner and ACL, because both change the mode; the time is last, because all of them change it.
        path.chmod(root.mode)
        os.utime(path, ns=(root.mtime_ns, root.mtime_ns))
    except OSError as error:
        msg = (
            f"The data is restored, but owner, mode, attributes or time of the volume's root folder {path} could not be set "
            f"({error.strerror}). Check whether the target's file system supports what the source had there."
        )
        raise errors.Incomplete(msg, files=(".",)) from error


def to_tags(root: Root) -> list[str]:
    """The metadata as tags without commas, which separate tags."""
    tags = [f"{_TAG}={root.mode:04o}:{root.uid}:{root.gid}:{root.mtime_ns}"]
    return tags + [f"{_XATTR_TAG}={_encode(os.fsencode(name))}:{_encode(value)}" for name, value in root.xattrs]


def from_tags(tags: list[str]) -> Root | None:
    """The metadata out of a snapshot's tags; None where another program made it."""
    xattrs: list[tuple[str, bytes]] = []
    head: list[str] = []
    for tag in tags:
        key, _, value = tag.partition("=")
        if key == _TAG:
            head = value.split(":")
        elif key == _XATTR_TAG:
            name, _, content = value.partition(":")
            xattrs.append((os.fsdecode(_decode(name)), _decode(content)))
    if not head:
        return None
    try:
        mode, uid, gid, mtime_ns = head
        return Root(int(mode, 8), int(uid), int(gid), int(mtime_ns), tuple(xattrs))
    except ValueError as error:
        msg = f"The snapshot's tag {_TAG} is damaged: {':'.join(head)!r} is not mode, owner, group and time."
        raise errors.Failed(msg) from error


def lost_and_found(path: Path) -> Path | None:
    """The folder `lost+found` where it belongs to an ext file system; None for an application's folder of that name."""
    candidate = path / LOST_AND_FOUND
    try:
        found = candidate.lstat()
    except OSError:
        return None
    is_ext_root = path.stat().st_ino == _EXT_ROOT_INODE
    return candidate if is_ext_root and found.st_ino == _EXT_LOST_AND_FOUND_INODE and stat.S_ISDIR(found.st_mode) else None


def is_empty(path: Path) -> bool:
    """Whether a volume holds nothing of an application's."""
    own = lost_and_found(path)
    with os.scandir(path) as entries:
        return not any(own is None or entry.name != own.name for entry in entries)


def clear(path: Path) -> None:
    """Deletes everything in a volume but what belongs to its file system."""
    own = lost_and_found(path)
    for entry in list(os.scandir(path)):
        if own is not None and entry.name == own.name:
            continue
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            Path(entry.path).unlink()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii")


def _decode(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text)
    except binascii.Error as error:
        msg = f"The snapshot's tag {_XATTR_TAG} is damaged: it is not base64."
        raise errors.Failed(msg) from error
