"""What restic writes into its trees, as entries."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mtc.movers.restic import nodes


@pytest.mark.parametrize(
    ("quoted", "name"),
    [
        ("plain", b"plain"),
        (r"new\nline", b"new\nline"),
        (r"not-utf8-\xff\xfe", b"not-utf8-\xff\xfe"),
        (r"back\\slash", b"back\\slash"),
        (r"quote'\"`$", b"quote'\"`$"),
        ("ünï", "ünï".encode()),
        (r"\u00ad\U000e0001", "\u00ad\U000e0001".encode()),
        (r"\\x41", b"\\x41"),
    ],
)
def test_names_are_written_as_go_strings(quoted: str, name: bytes) -> None:
    """Escapes become the bytes that they stand for."""
    assert nodes.name_of(quoted) == name


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(min_size=1, max_size=40))
def test_any_bytes_survive(name: bytes) -> None:
    """A name of any bytes, written with the plainest of escapes."""
    assert nodes.name_of("".join(f"\\x{byte:02x}" for byte in name)) == name


@pytest.mark.parametrize(
    ("text", "time_ns"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2004-11-09T18:30:00.12345679Z", 1_100_025_000_123_456_790),
        ("2004-11-09T20:30:00.5+02:00", 1_100_025_000_500_000_000),
        ("1969-12-31T23:59:59.999999999Z", -1),
    ],
)
def test_times_keep_their_nanoseconds(text: str, time_ns: int) -> None:
    """Go leaves zeros at the end away, and writes zones."""
    assert nodes.time_ns(text) == time_ns


def test_a_node_becomes_an_entry() -> None:
    """Mode bits of Go are those of Unix, and only files have size and content."""
    entry = nodes.entry_of(
        {
            "name": "a", "type": "file", "mode": (1 << 23) | (1 << 22) | 0o751, "mtime": "1970-01-01T00:00:01Z", "uid": 5, "gid": 6,
            "size": 3, "links": 2, "inode": 9, "device_id": 7, "content": ["ab" * 32],
            "extended_attributes": [{"name": "user.b", "value": "dg=="}, {"name": "security.selinux", "value": "eA=="}],
        }
    )  # fmt: skip
    assert entry is not None
    assert (entry.kind, oct(entry.mode), entry.uid, entry.gid, entry.size_bytes) == ("file", "0o6751", 5, 6, 3)
    assert (entry.pieces, entry.twin, entry.xattrs) == ((b"\xab" * 32,), (7, 9), ((b"user.b", b"v"),))
    link = nodes.entry_of({"name": "l", "type": "symlink", "mtime": "1970-01-01T00:00:00Z", "linktarget": "x", "linktarget_raw": "eP8="})
    assert link is not None
    assert os.fsencode(link.target) == b"x\xff"
    assert nodes.entry_of({"name": "s", "type": "socket", "mtime": "1970-01-01T00:00:00Z"}) is None
