"""Comparing the files of volumes: what is the same, what a running program has written, what the migration has lost."""

import dataclasses
import os
import shutil
from pathlib import Path

import pytest

from mtc.lab.demo import trees

_OLD_NS = 1_567_040_489_123_456_789
_STARTED_NS = 1_700_000_000_000_000_000


def _fill(top: Path) -> None:
    (top / "folder").mkdir(parents=True)
    (top / "folder" / "plain").write_bytes(b"content")
    os.link(top / "folder" / "plain", top / "second-name")
    (top / "link").symlink_to("folder/plain")
    (top / "empty").touch(mode=0o600)
    Path(os.fsdecode(os.fsencode(top) + b"/odd-\xff\n")).write_bytes(b"odd")
    _age(top)


def _age(top: Path) -> None:
    for folder, folders, files in os.walk(top, topdown=False):
        for name in (*files, *folders):
            os.utime(Path(folder) / name, ns=(_OLD_NS, _OLD_NS), follow_symlinks=False)
    os.utime(top, ns=(_OLD_NS, _OLD_NS))


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders with the same files."""
    for name in ("source", "target"):
        _fill(tmp_path / name)
    return tmp_path / "source", tmp_path / "target"


def _compare(sides: tuple[Path, Path]) -> trees.Comparison:
    source, target = (trees.read(str(side)) for side in sides)
    return trees.compare(source, target, started_ns=_STARTED_NS)


def test_equal_trees_have_equal_checksums(sides):
    """Folders that were filled alike compare as the same, links and odd names included."""
    found = _compare(sides)
    assert found.is_same
    assert found.source == found.target
    assert found.files == 7
    assert not found.written


@pytest.mark.parametrize(
    ("change", "name", "why"),
    [
        (lambda top: (top / "folder/plain").chmod(0o600), b"folder/plain", "mode differs"),
        (lambda top: os.utime(top / "empty", ns=(1, 1)), b"empty", "mtime differs"),
        (lambda top: (top / "empty").unlink(), b"empty", "missing in the target"),
        (lambda top: (top / "more").write_bytes(b"x"), b"more", "only in the target"),
    ],
)
def test_each_kind_of_difference_is_told(sides, change, name, why):
    """A change of any property that a copy must keep is found, and named."""
    change(sides[1])
    _age_unless_changed(sides[1], why)
    found = _compare(sides)
    assert not found.is_same
    assert (name, why) in found.different


def _age_unless_changed(top: Path, why: str) -> None:
    """Take the marks of the test's own change from the times, so that it does not look like a running program's."""
    if why != "mtime differs":
        _age(top)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"owner": (4242, 0)}, "owner differs"),
        ({"owner": (0, 4242)}, "owner differs"),
        ({"attributes": "other"}, "attributes differs"),
        ({"mode": 0o100600, "content": "other"}, "mode, content differs"),
    ],
)
def test_differences_that_only_root_can_make(change, why):
    """Owner, group and extended attributes count as well."""
    entry = trees.Entry(mode=0o100644, owner=(0, 0), mtime_ns=_OLD_NS, size_bytes=3, content="same")
    found = trees.compare({b"file": entry}, {b"file": dataclasses.replace(entry, **change)}, started_ns=_STARTED_NS)
    assert found.different == ((b"file", why),)
    assert not found.is_same


def test_content_is_compared_not_only_size_and_time(sides):
    """A file of the same size and time with other bytes is different."""
    (sides[1] / "folder/plain").write_bytes(b"CONTENT")
    _age(sides[1])
    assert (b"folder/plain", "content differs") in _compare(sides).different


def test_hard_links_that_became_copies_are_different(sides):
    """Two names of one file must stay two names of one file."""
    (sides[1] / "second-name").unlink()
    shutil.copy2(sides[1] / "folder/plain", sides[1] / "second-name")
    _age(sides[1])
    assert {name for name, _ in _compare(sides).different} == {b"folder/plain", b"second-name"}


def test_what_a_started_program_wrote_is_no_difference(sides):
    """Content and times that changed after the start of the target's programs are counted apart, and so are removed files."""
    (sides[1] / "folder/plain").write_bytes(b"rewritten by the server")
    (sides[1] / "empty").unlink()
    found = _compare(sides)
    assert found.is_same
    assert set(found.written) == {b".", b"empty", b"folder/plain", b"second-name"}


def test_a_young_file_of_another_owner_or_mode_is_a_difference(sides):
    """A program that writes does not change modes: when both changed, the copy was wrong."""
    (sides[1] / "empty").write_bytes(b"x")
    (sides[1] / "empty").chmod(0o666)
    assert b"empty" in {name for name, _ in _compare(sides).different}


def test_nothing_compared_proves_nothing():
    """Two volumes without a single entry are not called the same."""
    assert not trees.compare({}, {}, started_ns=0).is_same
