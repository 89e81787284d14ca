"""A restored volume is held against what was copied: the same is the same, and whatever is changed is found and named."""

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kit import s3, trees
from mtc.movers import errors
from mtc.movers.volumes.compare import Compared, Difference
from mtc.movers.volumes.port import Repository, VolumeMover

pytestmark = pytest.mark.anyio


async def compared(mover: VolumeMover, repository: Repository, snapshot: str, target: Path) -> tuple[Compared, dict[str, str]]:
    """The figures, and what differs by path."""
    found: list[Difference] = []
    figures = await mover.compare(repository, snapshot, target, on_difference=found.append)
    assert figures.differences == len(found)
    assert len({difference.path for difference in found}) == len(found), "an entry is told once"
    return figures, {difference.path: "; ".join(difference.what) for difference in found}


@dataclass(frozen=True)
class Copied:
    """A volume with everything that makes copying hard, which was copied.

    Attributes:
        repository: where its snapshot is.
        snapshot: its id.
        folder: what was restored from it; tests change copies of it.
    """

    repository: Repository
    snapshot: str
    folder: Path


@pytest.fixture(scope="module")
async def copied(mover: VolumeMover, new_repository: Callable[[], Repository], tmp_path_factory: pytest.TempPathFactory) -> Copied:
    """The volume; nobody changes it."""
    source, folder, repository = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("restored"), new_repository()
    trees.fill(source)
    source.chmod(0o755)
    await mover.ensure(repository)
    snapshot = await mover.backup(repository, source, tags={})
    await mover.restore(repository, snapshot.id, folder)
    assert trees.differences(trees.read(source), trees.read(folder)) == []
    return Copied(repository, snapshot.id, folder)


@pytest.fixture
def tampered(copied: Copied, tmp_path: Path) -> Iterator[Path]:
    """A volume that is as the restored one until the test changes it."""
    folder = tmp_path / "tampered"
    subprocess.run(["cp", "-a", "--sparse=always", str(copied.folder), str(folder)], check=True)
    yield folder
    shutil.rmtree(folder)


async def test_what_arrived_whole_has_no_difference(mover: VolumeMover, copied: Copied) -> None:
    """Odd names, links, devices, holes, attributes and the root folder are the same, and comparing leaves no trace."""
    target = copied.folder
    before = {path: os.lstat(path).st_atime_ns for path in target.rglob("*")}
    figures, found = await compared(mover, copied.repository, copied.snapshot, target)
    assert found == {}
    assert figures.entries == len(trees.read(target))
    assert figures.content_bytes > 128 * 2**20
    assert {
        path: os.lstat(path).st_atime_ns for path in target.rglob("*") if path.is_file() and not path.is_symlink()
    }.items() <= before.items()
    # The first letters of an id are enough, as they are for a restore.
    assert (await compared(mover, copied.repository, copied.snapshot[:12], target))[1] == {}


def _one_byte(target: Path) -> None:
    before = (target / "random").stat()
    with (target / "random").open("r+b") as file:
        file.seek(2 * 2**20)
        byte = file.read(1)
        file.seek(2 * 2**20)
        file.write(bytes([byte[0] ^ 1]))
    os.utime(target / "random", ns=(before.st_atime_ns, before.st_mtime_ns))


def _in_a_hole(target: Path) -> None:
    before = (target / "all-hole").stat()
    with (target / "all-hole").open("r+b") as file:
        file.seek(20 * 2**20)
        file.write(b"x")
    os.utime(target / "all-hole", ns=(before.st_atime_ns, before.st_mtime_ns))


def _keeping_times(folder: Path, change: Callable[[], object]) -> None:
    before = folder.stat()
    change()
    os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))


def _unlink(target: Path) -> None:
    _keeping_times(target / "many" / "3", (target / "many" / "3" / "file-3").unlink)


def _more(target: Path) -> None:
    _keeping_times(target / "empty-folder", (target / "empty-folder" / "new\nfile").touch)


def _longer(target: Path) -> None:
    with (target / "world").open("ab") as file:
        file.write(b"!")


def _relink(target: Path) -> None:
    before = os.lstat(target / "to-folder")

    def change() -> None:
        (target / "to-folder").unlink()
        (target / "to-folder").symlink_to("hard2")
        os.utime(target / "to-folder", ns=(before.st_atime_ns, before.st_mtime_ns), follow_symlinks=False)

    _keeping_times(target, change)


def _unhardlink(target: Path) -> None:
    def change() -> None:
        shutil.copy2(target / "hard" / "two", target / "hard" / "copy")
        (target / "hard" / "copy").rename(target / "hard" / "two")

    _keeping_times(target / "hard", change)


def _other_kind(target: Path) -> None:
    """A link in place of a folder, which leads out of the volume."""

    def change() -> None:
        shutil.rmtree(target / "many")
        (target / "many").symlink_to("/etc")

    _keeping_times(target, change)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(_one_byte, {"random": "content differs"}, id="one byte"),
        pytest.param(_in_a_hole, {"all-hole": "content differs"}, id="one byte in a hole"),
        pytest.param(lambda top: (top / "world").chmod(0o600), {"world": "mode 0666 became 0600"}, id="mode"),
        pytest.param(lambda top: (top / "setuid").chmod(0o755), {"setuid": "mode 4755 became 0755"}, id="set-uid bit"),
        pytest.param(lambda top: os.chown(top / "acl", 7, 0), {"acl": "owner 0:0 became 7:0"}, id="owner"),
        pytest.param(lambda top: os.lchown(top / "dangling", 1, 4321), {"dangling": "owner 1234:4321 became 1:4321"}, id="owner of a link"),
        pytest.param(_unlink, {"many/3/file-3": "is missing"}, id="missing file"),
        pytest.param(_more, {r"empty-folder/new\nfile": "was not in the source"}, id="extra file"),
        pytest.param(_longer, {"world": "time of the last change differs; size 5 became 6"}, id="size"),
        pytest.param(
            lambda top: os.utime(top / "sticky", ns=(0, 10**18 + 1)), {"sticky": "time of the last change differs"}, id="time of a folder"
        ),
        pytest.param(_relink, {"to-folder": "link to hard became link to hard2"}, id="link"),
        pytest.param(_unhardlink, {"hard/two": "is a name of another file than before"}, id="name of a file"),
        pytest.param(
            lambda top: os.setxattr(top / "attributes", "user.text", b"other"), {"attributes": "attribute user.text differs"}, id="xattr"
        ),
        pytest.param(
            lambda top: os.setxattr(top / "random", "user.more", b""), {"random": "attribute user.more differs"}, id="one xattr more"
        ),
        pytest.param(
            lambda top: os.removexattr(top / "acl", "system.posix_acl_access"),
            {"acl": "attribute system.posix_acl_access differs"},
            id="access list",
        ),
        pytest.param(_other_kind, {"many": "is a link, was a folder"}, id="link in place of a folder"),
        pytest.param(lambda top: top.chmod(0o700), {".": "mode 0755 became 0700"}, id="root folder"),
    ],
)
async def test_a_change_is_found_and_named(
    mover: VolumeMover, copied: Copied, tampered: Path, change: Callable[[Path], None], expected: dict[str, str]
) -> None:
    """Exactly what was changed is told, whatever pains somebody took to hide it."""
    change(tampered)
    _, found = await compared(mover, copied.repository, copied.snapshot, tampered)
    assert found == expected


async def test_a_root_folder_that_is_not_empty(mover: VolumeMover, repository: Repository, source: Path, target: Path) -> None:
    """An empty volume must have stayed empty; sockets, which no copy has, do not count."""
    await mover.ensure(repository)
    snapshot = await mover.backup(repository, source, tags={})
    await mover.restore(repository, snapshot.id, target)
    assert (await compared(mover, repository, snapshot.id, target))[1] == {}
    with socket.socket(socket.AF_UNIX) as server:
        _keeping_times(target, lambda: server.bind(str(target / "socket")))
    assert (await compared(mover, repository, snapshot.id, target))[1] == {}
    _keeping_times(target, (target / "more").touch)
    assert (await compared(mover, repository, snapshot.id, target))[1] == {"more": "was not in the source"}


async def test_later_snapshots_of_one_volume(mover: VolumeMover, repository: Repository, source: Path, target: Path) -> None:
    """Each snapshot is told apart, although most of their data is shared and lies in files of several backups."""
    await mover.ensure(repository)
    (source / "kept").mkdir()
    (source / "kept" / "same").write_text("same")
    (source / "changed").write_text("first")
    first = await mover.backup(repository, source, tags={})
    (source / "changed").write_text("later")
    later = await mover.backup(repository, source, tags={}, parent=first.id)
    await mover.restore(repository, later.id, target)
    assert (await compared(mover, repository, later.id, target))[1] == {}
    _, found = await compared(mover, repository, first.id, target)
    assert found == {"changed": "time of the last change differs; content differs", **({".": found["."]} if "." in found else {})}


async def test_own_folder_of_a_file_system_does_not_count(
    mover: VolumeMover, repository: Repository, source: Path, ext4: Callable[[str], Path]
) -> None:
    """`lost+found` belongs to the file system of the target."""
    (source / "file").write_text("content")
    await mover.ensure(repository)
    snapshot = await mover.backup(repository, source, tags={})
    target = ext4("target")
    await mover.restore(repository, snapshot.id, target)
    assert (await compared(mover, repository, snapshot.id, target))[1] == {}


async def test_what_cannot_be_compared_is_an_error(mover: VolumeMover, s3_server: s3.S3Server, copied: Copied) -> None:
    """A snapshot that is gone, a wrong password, a storage that refuses: never a comparison without differences."""
    repository, target = copied.repository, copied.folder
    for other, snapshot, expected in (
        (repository, "0" * 64, errors.SnapshotNotFound),
        (replace(repository, password=b"another"), copied.snapshot, errors.WrongPassword),
        (
            replace(repository, location=s3_server.with_key(repository.location, s3.ACCESS_KEY, "wrong-secret")),
            copied.snapshot,
            errors.Denied,
        ),
    ):
        with pytest.raises(expected):
            await compared(mover, other, snapshot, target)
    with pytest.raises(errors.Failed, match="folder"):
        await compared(mover, repository, copied.snapshot, target / "nowhere")
