"""Folders full of what makes copying hard, and a comparison that lets nothing pass.

`fill` makes one of everything that a volume may hold; `differences` names what is not the same in two folders.
"""

# Names of files are bytes here, which pathlib does not know.
# ruff: noqa: PTH102, PTH114, PTH115, PTH118, PTH123, PTH211
import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

_MEBIBYTE = 2**20
#: A hole must not come back as blocks of zeros. restic keeps holes in units of 512 KiB, so that each piece of data between two
#: holes may take that much; `fill` makes two.
_SLACK_BYTES = 5 * 2**18


@dataclass(frozen=True)
class Entry:
    """All that can be said about one file or folder; `allocated` is compared with some slack."""

    type: str
    mode: int
    uid: int
    gid: int
    mtime_ns: int
    size: int = 0
    digest: str = ""
    target: bytes = b""
    device: int = 0
    links: tuple[bytes, ...] = ()
    xattrs: tuple[tuple[str, bytes], ...] = ()
    allocated: int = field(default=0, compare=False)


def read(root: Path) -> dict[bytes, Entry]:
    """Every entry below a folder by its relative path, the folder itself under b"."."""
    paths = [b"."]
    base = os.fsencode(root)
    for folder, folders, files in os.walk(base):
        paths += [os.path.relpath(os.path.join(folder, name), base) for name in folders + files]
    inodes: dict[int, list[bytes]] = {}
    for path in paths:
        found = os.lstat(os.path.join(base, path))
        if not stat.S_ISDIR(found.st_mode):
            inodes.setdefault(found.st_ino, []).append(path)
    return {path: _entry(os.path.join(base, path), inodes) for path in paths}


def differences(expected: dict[bytes, Entry], found: dict[bytes, Entry]) -> list[str]:
    """What is missing, too much or different, a line each; empty when nothing is."""
    told = [f"missing: {path!r}" for path in sorted(expected.keys() - found.keys())]
    told += [f"too much: {path!r}" for path in sorted(found.keys() - expected.keys())]
    for path in sorted(expected.keys() & found.keys()):
        if expected[path] != found[path]:
            told.append(f"different: {path!r}: {expected[path]} became {found[path]}")
        elif found[path].allocated > expected[path].allocated + _SLACK_BYTES:
            told.append(f"no longer sparse: {path!r}: {expected[path].allocated} bytes on disk became {found[path].allocated}")
    return told


def fill(root: Path) -> None:
    """One of everything that makes copying hard. Needs root."""
    base = os.fsencode(root)
    _odd_names(base)
    _links(root)
    _rights(root)
    _special(root)
    _attributes(root)
    for number in range(300):
        folder = root / "many" / f"{number % 7}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"file-{number}").write_text(f"content {number}\n" * (number % 5))
    (root / "empty-folder").mkdir()
    (root / "empty-file").touch()
    _times(root)


def _odd_names(base: bytes) -> None:
    names = [
        b"new\nline",
        b"not-utf8-\xff\xfe",
        b"x" * 255,
        b"-leading-dash",
        b" space ",
        b"quote'\"`$",
        b"star*[a]?",
        b"back\\slash",
        "ünï".encode(),
    ]
    for name in names:
        with open(os.path.join(base, name), "wb") as file:
            file.write(name)
    deep = base
    for _ in range(12):
        deep = os.path.join(deep, b"deep-" + b"d" * 100)
        os.mkdir(deep)
    with open(os.path.join(deep, b"bottom"), "wb") as file:
        file.write(b"deep")


def _links(root: Path) -> None:
    (root / "hard").mkdir()
    (root / "hard" / "one").write_text("linked")
    os.link(root / "hard" / "one", root / "hard" / "two")
    os.link(root / "hard" / "one", root / "three-elsewhere")
    (root / "dangling").symlink_to("nowhere/at/all")
    (root / "absolute").symlink_to("/etc/hostname")
    (root / "to-folder").symlink_to("hard")
    os.symlink(b"target-\xff", os.fsencode(root / "odd-target"))
    os.lchown(root / "dangling", 1234, 4321)


def _rights(root: Path) -> None:
    for name, mode, uid, gid in (
        ("closed", 0o000, 1001, 1002), ("setuid", 0o4755, 0, 0), ("setgid", 0o2755, 5, 6),
        ("world", 0o666, 65534, 65534), ("big-ids", 0o640, 1000660000, 1000660000),
    ):  # fmt: skip
        (root / name).write_text(name)
        os.chown(root / name, uid, gid)
        (root / name).chmod(mode)
    sticky = root / "sticky"
    sticky.mkdir()
    (sticky / "inside").write_text("inside")
    os.chown(sticky, 70, 70)
    sticky.chmod(0o3777)
    closed = root / "closed-folder"
    closed.mkdir()
    (closed / "inside").write_text("inside")
    closed.chmod(0o000)


def _special(root: Path) -> None:
    os.mkfifo(root / "fifo", 0o622)
    os.mknod(root / "device", 0o20640, os.makedev(1, 3))
    with (root / "sparse").open("wb") as file:
        file.write(b"start")
        file.seek(64 * _MEBIBYTE)
        file.write(b"middle")
        file.truncate(128 * _MEBIBYTE)
    with (root / "all-hole").open("wb") as file:
        file.truncate(32 * _MEBIBYTE)
    (root / "random").write_bytes(os.urandom(3 * _MEBIBYTE + 17))
    (root / "zeros").write_bytes(bytes(2 * _MEBIBYTE))


def _attributes(root: Path) -> None:
    (root / "attributes").write_text("attributes")
    os.setxattr(root / "attributes", "user.text", b"value")
    os.setxattr(root / "attributes", "user.binary", bytes(range(256)))
    os.setxattr(root / "attributes", "user.empty", b"")
    os.setxattr(root / "attributes", "trusted.overlay.opaque", b"y")
    (root / "acl").write_text("acl")
    (root / "acl").chmod(0o640)
    os.setxattr(root / "acl", "system.posix_acl_access", acl(user=1234, bits=6))
    (root / "acl-folder").mkdir()
    os.setxattr(root / "acl-folder", "system.posix_acl_default", acl(user=1234, bits=7))
    (root / "capability").write_text("capability")
    # cap_net_bind_service=ep, revision 2.
    os.setxattr(root / "capability", "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))


def acl(*, user: int, bits: int) -> bytes:
    """A POSIX ACL as the kernel keeps it: owner rw, one named user, group r, mask, others nothing."""
    entries = [(0x01, 6, 0xFFFFFFFF), (0x02, bits, user), (0x04, 4, 0xFFFFFFFF), (0x10, bits | 4, 0xFFFFFFFF), (0x20, 0, 0xFFFFFFFF)]
    body = b"".join(tag.to_bytes(2, "little") + right.to_bytes(2, "little") + ident.to_bytes(4, "little") for tag, right, ident in entries)
    return (2).to_bytes(4, "little") + body


def _times(root: Path) -> None:
    """Old times with nanoseconds everywhere, folders after their content."""
    for number, (folder, folders, files) in enumerate(os.walk(os.fsencode(root), topdown=False)):
        for place, name in enumerate(sorted(files + folders)):
            path = os.path.join(folder, name)
            if name in folders and not os.path.islink(path):
                continue
            os.utime(path, ns=(10**9, 1_100_000_000_123_456_789 + number * 10**12 + place), follow_symlinks=False)
        if folder != os.fsencode(root):
            os.utime(folder, ns=(10**9, 1_200_000_000_987_654_321 + number * 10**12))


def _entry(path: bytes, inodes: dict[int, list[bytes]]) -> Entry:
    found = os.lstat(path)
    kind = stat.S_IFMT(found.st_mode)
    names = sorted(os.listxattr(path, follow_symlinks=False))
    xattrs = tuple((name, os.getxattr(path, name, follow_symlinks=False)) for name in names if name != "security.selinux")
    is_file = kind == stat.S_IFREG
    return Entry(
        type=stat.filemode(found.st_mode)[0],
        mode=stat.S_IMODE(found.st_mode),
        uid=found.st_uid,
        gid=found.st_gid,
        mtime_ns=found.st_mtime_ns,
        size=found.st_size if is_file else 0,
        digest=_digest(path) if is_file else "",
        target=os.readlink(path) if kind == stat.S_IFLNK else b"",
        device=found.st_rdev,
        links=tuple(sorted(inodes[found.st_ino])) if found.st_nlink > 1 and kind != stat.S_IFDIR else (),
        xattrs=xattrs,
        allocated=found.st_blocks * 512,
    )


def _digest(path: bytes) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
