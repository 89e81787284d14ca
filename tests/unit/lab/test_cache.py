"""The cache builds once, never keeps a half-built entry, and its keys change with what they are made from."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from mtc.lab import cache, errors


@pytest.fixture(autouse=True)
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "mtc-lab"


async def test_second_caller_waits_and_builds_nothing() -> None:
    """Two callers at once get the same entry from one build."""
    builds: list[Path] = []

    async def build(folder: Path) -> None:
        builds.append(folder)
        await asyncio.sleep(0)
        (folder / "program").write_text("built")

    first, second = await asyncio.gather(cache.entry("thing", "1", build), cache.entry("thing", "1", build))
    assert first == second
    assert (first / "program").read_text() == "built"
    assert len(builds) == 1


async def test_failed_build_leaves_nothing(cache_folder: Path) -> None:
    """After a build that failed there is neither an entry nor its unfinished folder, and the next call builds again."""

    async def fail(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise errors.LabError("no")

    async def succeed(folder: Path) -> None:
        (folder / "whole").write_text("whole")

    with pytest.raises(errors.LabError):
        await cache.entry("thing", "1", fail)
    assert not [path for path in cache_folder.iterdir() if path.is_dir()]
    assert [path.name for path in (await cache.entry("thing", "1", succeed)).iterdir()] == ["whole"]


async def test_sweep_removes_what_a_crash_left(cache_folder: Path) -> None:
    """An unfinished folder goes when nobody builds, and stays while somebody holds its lock."""
    abandoned = cache_folder / ".building-thing-1-xyz"
    abandoned.mkdir(parents=True)
    async with cache.lock("thing-1"):
        cache.sweep()
        assert abandoned.exists()
    cache.sweep()
    assert not abandoned.exists()


async def test_lock_gives_up_at_its_deadline() -> None:
    """A lock that another holder keeps ends in an error that names it."""
    async with cache.lock("busy"):
        with pytest.raises(errors.ProgramTimedOut, match="lock-busy"):
            async with cache.lock("busy", deadline_s=0.1):
                pytest.fail("two holders")


def change_content(folder: Path) -> None:
    """Other text in a file."""
    (folder / "a").write_text("other")


def change_name(folder: Path) -> None:
    """Another name for a file."""
    (folder / "a").rename(folder / "c")


def change_mode(folder: Path) -> None:
    """A file that may now be run."""
    (folder / "a").chmod(0o755)


def add_file(folder: Path) -> None:
    """One more file, empty."""
    (folder / "sub" / "new").write_text("")


@pytest.mark.parametrize("change", [change_content, change_name, change_mode, add_file])
def test_hash_changes_with_a_folder(tmp_path: Path, change: Callable[[Path], None]) -> None:
    """Content, name, mode and number of files all count."""
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "a").write_text("text")
    before = cache.content_hash([folder])
    assert cache.content_hash([folder]) == before
    change(folder)
    assert cache.content_hash([folder]) != before


def test_hash_tells_parts_apart() -> None:
    """The same letters cut in another way are another key."""
    assert cache.content_hash(["ab", "c"]) != cache.content_hash(["a", "bc"])


def test_ignored_files_do_not_count(tmp_path: Path) -> None:
    """What the caller ignores has no influence."""
    (tmp_path / "a").write_text("a")
    before = cache.content_hash([tmp_path], ignore=lambda path: path.suffix == ".pyc")
    (tmp_path / "a.pyc").write_text("compiled")
    assert cache.content_hash([tmp_path], ignore=lambda path: path.suffix == ".pyc") == before
