"""Root folders as tags and back, and what is removed from a target before restic starts."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtc.movers import errors, roots
from mtc.movers.restic import obstacles
from mtc.movers.restic.obstacles import Candidate

_xattrs = st.dictionaries(st.text("abcdefghij._", min_size=1, max_size=20).map(lambda name: f"user.{name}"), st.binary(max_size=200))


@given(st.integers(0, 0o7777), st.integers(0, 2**32 - 2), st.integers(0, 2**32 - 2), st.integers(0, 2**62), _xattrs)
def test_tags_round_trip(mode: int, uid: int, gid: int, mtime_ns: int, xattrs: dict[str, bytes]) -> None:
    """Whatever a root folder is like, its tags say it, and none has a comma, which would split it."""
    root = roots.Root(mode, uid, gid, mtime_ns, tuple(sorted(xattrs.items())))
    tags = roots.to_tags(root)
    assert not [tag for tag in tags if "," in tag]
    assert roots.from_tags(["volume=data", *tags, "backup=x"]) == root


def test_snapshots_of_others() -> None:
    """A snapshot without our tags says nothing about the root."""
    assert roots.from_tags(["volume=data", "pod=web"]) is None


@pytest.mark.parametrize("tags", [["mtc-root=0755:0:0"], ["mtc-root=a:b:c:d"], ["mtc-root=0755:0:0:0", "mtc-root-xattr=a:b"]])
def test_damaged_tags(tags: list[str]) -> None:
    """Tags that somebody changed are told, not guessed."""
    with pytest.raises(errors.Failed, match="damaged"):
        roots.from_tags(tags)


def test_apply_removes_what_the_source_does_not_have(tmp_path: Path) -> None:
    """The target's own attributes and times give way."""
    os.setxattr(tmp_path, "user.old", b"1")
    wanted = roots.Root(0o2750, os.getuid(), os.getgid(), 1_234_567_890_123_456_789, (("user.new", b"2"),))
    roots.apply(wanted, tmp_path)
    assert roots.read(tmp_path) == wanted


def test_folder_named_lost_and_found(tmp_path: Path) -> None:
    """Only the root of an ext file system has one of its own."""
    assert roots.is_empty(tmp_path)
    (tmp_path / "lost+found").mkdir()
    assert roots.lost_and_found(tmp_path) is None
    assert not roots.is_empty(tmp_path)


def test_clear_does_not_follow_links(tmp_path: Path) -> None:
    """What a link in the volume names is not deleted."""
    volume, other = tmp_path / "volume", tmp_path / "other"
    (volume / "folder").mkdir(parents=True)
    other.mkdir()
    (other / "file").touch()
    (volume / "link").symlink_to(other)
    (volume / "folder" / "link").symlink_to(other)
    roots.clear(volume)
    assert list(volume.iterdir()) == []
    assert (other / "file").exists()


def test_candidates(tmp_path: Path) -> None:
    """Sparse files and pipes are found at any depth, ordinary files and links are not."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "sparse").touch()
    os.truncate(tmp_path / "deep" / "sparse", 2**22)
    (tmp_path / "plain").write_bytes(b"x" * 2**21)
    (tmp_path / "link").symlink_to("deep/sparse")
    os.mkfifo(tmp_path / "pipe")
    found = obstacles.find(tmp_path)
    assert {name: (item.is_special, item.size) for name, item in found.items()} == {"/deep/sparse": (False, 2**22), "/pipe": (True, 0)}


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"path": "/a", "type": "file", "size": 9, "mtime": "2001-09-09T01:46:40.000000007Z"}, False),
        ({"path": "/a", "type": "file", "size": 9, "mtime": "2001-09-09T03:46:40.000000007+02:00"}, False),
        ({"path": "/a", "type": "file", "size": 9, "mtime": "2001-09-09T01:46:40.000000008Z"}, True),
        ({"path": "/a", "type": "file", "size": 8, "mtime": "2001-09-09T01:46:40.000000007Z"}, True),
        ({"path": "/a", "type": "file", "size": 9, "mtime": "2001-09-09T01:46:40Z"}, True),
        ({"path": "/a", "type": "dir"}, False),
        ({"path": "/other", "type": "file", "size": 1, "mtime": "2001-09-09T01:46:40Z"}, False),
        ({"path": "/pipe", "type": "file", "size": 0, "mtime": "1970-01-01T00:00:00Z"}, True),
        ({"path": "/pipe", "type": "fifo"}, False),
        ({"message_type": "snapshot"}, False),
    ],
)
def test_what_is_in_the_way(node: dict[str, object], *, expected: bool) -> None:
    """A sparse file goes only when it changed, a pipe only when a file takes its place."""
    candidates = {"/a": Candidate(is_special=False, size=9, mtime_ns=10**18 + 7), "/pipe": Candidate(is_special=True, size=0, mtime_ns=0)}
    assert obstacles.is_in_the_way(candidates, node) is expected
