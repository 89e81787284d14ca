"""A node of restic's tree as an entry of a manifest. Pure."""

import base64
import re
import stat
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mtc.movers import roots
from mtc.movers.volumes.manifest import Entry, Kind

_KINDS: Mapping[str, Kind] = {
    "file": "file", "dir": "folder", "symlink": "link", "fifo": "fifo", "dev": "block device", "chardev": "character device",
}  # fmt: skip
#: Bits of Go's FileMode beside the nine of permissions.
_SPECIAL = ((1 << 23, stat.S_ISUID), (1 << 22, stat.S_ISGID), (1 << 20, stat.S_ISVTX))
_PERMISSIONS = 0o777
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_ESCAPE = re.compile(rb"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)", re.DOTALL)
_LETTERS = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_OTHERS = b"xuU"


def entry_of(node: Mapping[str, Any]) -> Entry | None:
    """The entry; None for what restic does not restore either, such as sockets."""
    kind = _KINDS.get(str(node.get("type")))
    if kind is None:
        return None
    target = base64.b64decode(node["linktarget_raw"]) if node.get("linktarget_raw") else str(node.get("linktarget") or "").encode()
    links = int(node.get("links") or 0)
    return Entry(
        name=name_of(str(node["name"])),
        kind=kind,
        mode=_mode(int(node.get("mode") or 0)),
        uid=int(node.get("uid") or 0),
        gid=int(node.get("gid") or 0),
        mtime_ns=time_ns(str(node["mtime"])),
        size_bytes=int(node.get("size") or 0) if kind == "file" else 0,
        pieces=tuple(bytes.fromhex(piece) for piece in node.get("content") or ()) if kind == "file" else (),
        target=target if kind == "link" else b"",
        device=int(node.get("device") or 0) if kind.endswith("device") else 0,
        twin=(int(node.get("device_id") or 0), int(node.get("inode") or 0)) if kind != "folder" and links > 1 else None,
        xattrs=_xattrs(node.get("extended_attributes") or ()),
    )


def name_of(quoted: str) -> bytes:
    """The name of a file, which restic writes with the escapes of a Go string."""
    return _ESCAPE.sub(lambda found: _unescaped(found.group(1)), quoted.encode())


def _unescaped(escape: bytes) -> bytes:
    if escape[:1] == b"x" and len(escape) > 1:
        return bytes.fromhex(escape[1:].decode())
    if escape[:1] in _OTHERS and len(escape) > 1:
        return chr(int(escape[1:], 16)).encode()
    return _LETTERS.get(escape, escape)


def time_ns(text: str) -> int:
    """Nanoseconds since 1970 of a time as Go writes it. Raises ValueError."""
    found = _TIME.fullmatch(text)
    if found is None:
        msg = f"{text!r} is not a time"
        raise ValueError(msg)
    seconds, fraction, zone = found.groups()
    since = datetime.fromisoformat(seconds + ("+00:00" if zone == "Z" else zone)) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + int((fraction or "").ljust(9, "0"))


def _mode(mode: int) -> int:
    return (mode & _PERMISSIONS) | sum(bit for go, bit in _SPECIAL if mode & go)


def _xattrs(found: Any) -> tuple[tuple[bytes, bytes], ...]:
    pairs = ((str(item["name"]).encode(errors="surrogateescape"), base64.b64decode(item.get("value") or "")) for item in found)
    return tuple(sorted(pair for pair in pairs if pair[0] != roots.SELINUX_XATTR.encode()))
