"""What every mover of volume data must do, against real storage."""

import asyncio
import fcntl
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kit import s3, trees
from mtc import store
from mtc.movers import errors
from mtc.movers.restic import access
from mtc.movers.volumes.port import Progress, Repository, VolumeMover
from mtc.movers.volumes.restic import Restic
from mtc.store import bucket
from mtc.store import errors as store_errors

pytestmark = pytest.mark.anyio


async def _round_trip(mover: VolumeMover, repository: Repository, source: Path, target: Path, *, delete_extra: bool = False) -> None:
    await mover.ensure(repository)
    snapshot = await mover.backup(repository, source, tags={"volume": "data"})
    await mover.restore(repository, snapshot.id, target, delete_extra=delete_extra)


async def test_everything_arrives_identical(mover: VolumeMover, repository: Repository, source: Path, target: Path) -> None:
    """Content, owners, modes, times, links, holes, ACLs, capabilities and odd names are the same, for the root folder too."""
    trees.fill(source)
    os.setxattr(source, "user.root", b"\x00\xff,=:")
    os.setxattr(source, "system.posix_acl_default", trees.acl(user=77, bits=7))
    os.chown(source, 999, 998)
    source.chmod(0o3770)
    os.utime(source, ns=(10**9, 1_300_000_000_111_222_333))
    expected = trees.read(source)

    await _round_trip(mover, repository, source, target)

    assert trees.differences(expected, trees.read(target)) == []
    assert trees.differences(expected, trees.read(source)) == [], "the backup changed its source"


async def test_empty_volume(mover: VolumeMover, repository: Repository, source: Path, target: Path) -> None:
    """A volume without a file has a snapshot, and owner, mode and time of its root folder arrive."""
    os.chown(source, 26, 26)
    source.chmod(0o2700)
    os.utime(source, ns=(10**9, 1_300_000_000_000_000_007))
    expected = trees.read(source)
    await _round_trip(mover, repository, source, target)
    assert trees.differences(expected, trees.read(target)) == []


async def test_a_password_may_end_with_a_newline_and_other_files_may_lie_among_the_keys(
    mover: VolumeMover, repository: Repository, source: Path, target: Path
) -> None:
    """Secrets that are made of a file hold one, which restic leaves away; what is no key is passed over."""
    (source / "file").write_text("content")
    typed = replace(repository, password=repository.password + b"\n")
    await mover.ensure(typed)
    bucket = store.open_location(repository.location)
    keys = f"restic/{repository.volume_namespace}/keys/"
    for name, content in (("0", b"{}"), ("00-note.bak", b"")):
        await bucket.put(keys + name, content)
    snapshot = await mover.backup(typed, source, tags={})
    found: list[object] = []
    for known in (typed, repository):
        await mover.restore(known, snapshot.id, target, delete_extra=True)
        assert (target / "file").read_text() == "content"
        compared = await mover.compare(known, snapshot.id, target, on_difference=found.append)
        assert compared.differences == 0
    assert not found
    with pytest.raises(errors.MoverError, match="Its password is another one"):
        await mover.restore(replace(repository, password=b"other"), snapshot.id, target)


async def test_emptied_volume(mover: VolumeMover, repository: Repository, source: Path, target: Path) -> None:
    """Restoring an empty volume deletes what the target has only when asked to."""
    (target / "old").mkdir()
    (target / "old" / "file").write_text("old")
    await _round_trip(mover, repository, source, target)
    assert (target / "old" / "file").read_text() == "old"
    await _round_trip(mover, repository, source, target, delete_extra=True)
    assert trees.differences(trees.read(source), trees.read(target)) == []


async def test_second_pass_makes_target_equal(mover: VolumeMover, repository: Repository, source: Path, target: Path) -> None:
    """Whatever the target holds from an earlier pass, after a restore with delete_extra it is the source."""
    for name in ("was-folder", "was-file", "was-link", "became-link", "became-fifo"):
        (source / name).write_text(name)
    shutil.rmtree(source / "became-link", ignore_errors=True)
    (source / "became-link").unlink()
    (source / "became-link").symlink_to("was-file")
    (source / "became-fifo").unlink()
    os.mkfifo(source / "became-fifo")
    (source / "folder").mkdir()
    (source / "folder" / "inside").write_text("inside")
    (source / "split-1").write_text("one")
    (source / "split-2").write_text("two")
    (source / "joined-1").write_text("joined")
    os.link(source / "joined-1", source / "joined-2")
    (source / "plain").write_text("plain")
    for name in ("was-pipe", "was-socket"):
        (source / name).write_text("a file now")
    for name, size in (("sparse", 2**24), ("same-sparse", 2**25)):
        (source / name).write_text("start")
        os.truncate(source / name, size)
        os.utime(source / name, ns=(0, 10**18 + 7))
    (source / "same-time").write_text("new!")
    os.utime(source / "same-time", ns=(0, 10**18))

    for name in ("was-folder", "became-link", "became-fifo"):
        (target / name / "nested").mkdir(parents=True)
        (target / name / "nested" / "file").write_text("in the way")
    (target / "was-link").symlink_to("/nonexistent")
    (target / "folder").symlink_to("/tmp")  # restoring must never follow it
    (target / "split-1").write_text("one")
    os.link(target / "split-1", target / "split-2")
    (target / "joined-1").write_text("joined")
    (target / "joined-2").write_text("joined")
    (target / "plain").write_text("plain and longer than before")
    os.setxattr(target / "plain", "user.extra", b"1")
    os.mkfifo(target / "was-pipe")
    os.mknod(target / "was-socket", 0o140600)
    for name, start in (("sparse", "other"), ("same-sparse", "start")):
        (target / name).write_text(start)
        os.truncate(target / name, 2**25)
        os.utime(target / name, ns=(0, 10**18 + 7))
    inode = (target / "same-sparse").stat().st_ino
    (target / "same-time").write_text("old!")
    os.utime(target / "same-time", ns=(0, 10**18))
    (target / "extra" / "deep").mkdir(parents=True)
    (target / "extra" / "deep" / "file").write_text("extra")
    (target / "extra-link").symlink_to("extra")

    await _round_trip(mover, repository, source, target, delete_extra=True)

    assert trees.differences(trees.read(source), trees.read(target)) == []
    assert (target / "same-sparse").stat().st_ino == inode, "a file that did not change was written again"


async def test_extra_files_stay_unless_asked(mover: VolumeMover, repository: Repository, source: Path, target: Path) -> None:
    """Without delete_extra nothing of the target is deleted, and what both have is the snapshot's."""
    (source / "both").write_text("new")
    (target / "both").write_text("old")
    (target / "mine").write_text("mine")
    await _round_trip(mover, repository, source, target)
    assert {path.name: path.read_text() for path in target.iterdir()} == {"both": "new", "mine": "mine"}


async def test_folder_in_the_way_is_an_error_unless_asked(mover: VolumeMover, repository: Repository, source: Path, target: Path) -> None:
    """Without delete_extra a folder with content in the place of a link is not deleted but reported."""
    (source / "current").symlink_to("releases/2")
    (target / "current").mkdir()
    (target / "current" / "data").write_text("precious")
    with pytest.raises(errors.Incomplete, match="current"):
        await _round_trip(mover, repository, source, target)
    assert (target / "current" / "data").read_text() == "precious"


async def test_parent_saves_reading(mover: VolumeMover, repository: Repository, source: Path, target: Path) -> None:
    """With a parent a pass adds what changed; a change that keeps size and time is seen all the same."""
    (source / "big").write_bytes(os.urandom(8 * 2**20))
    (source / "small").write_text("aaaa")
    os.utime(source / "small", ns=(0, 10**18))
    await mover.ensure(repository)
    first = await mover.backup(repository, source, tags={})
    (source / "small").write_text("bbbb")
    os.utime(source / "small", ns=(0, 10**18))
    second = await mover.backup(repository, source, tags={}, parent=first.id)
    assert first.added_bytes > 8 * 2**20 > 2**20 > second.added_bytes
    assert (second.total_bytes, second.total_files) == (8 * 2**20 + 4, 2)
    await mover.restore(repository, second.id, target)
    assert trees.differences(trees.read(source), trees.read(target)) == []


async def test_unknown_parent_is_no_obstacle(mover: VolumeMover, repository: Repository, source: Path, target: Path) -> None:
    """A parent that was deleted only means that everything is read again."""
    (source / "file").write_text("content")
    await mover.ensure(repository)
    snapshot = await mover.backup(repository, source, tags={}, parent="0123abcd" * 8)
    await mover.restore(repository, snapshot.id, target)
    assert (target / "file").read_text() == "content"


async def test_progress_ends_at_the_total(mover: VolumeMover, repository: Repository, source: Path, target: Path) -> None:
    """Both directions report how far they are, never backwards."""
    for number in range(24):
        (source / f"file-{number}").write_bytes(os.urandom(8 * 2**20))
    seen: list[Progress] = []
    await mover.ensure(repository)
    snapshot = await mover.backup(repository, source, tags={}, on_progress=seen.append)
    assert seen
    assert [item.done_bytes for item in seen] == sorted(item.done_bytes for item in seen)
    seen.clear()
    await mover.restore(repository, snapshot.id, target, on_progress=seen.append)
    assert [item.done_bytes for item in seen] == sorted(item.done_bytes for item in seen)
    assert all(item.total_bytes == 24 * 8 * 2**20 for item in seen if item.total_bytes)


async def test_unreadable_file_is_named(
    mover: VolumeMover, repository: Repository, source: Path, tmp_path: Path, restic_program: str
) -> None:
    """One file that cannot be read makes the backup fail, and the error names it."""
    (source / "good").write_text("good")
    (source / "bad").write_text("bad")
    (source / "bad").chmod(0)
    await mover.ensure(repository)
    # The superuser without the capability to read everything.
    weak = tmp_path / "weak"
    weak.write_text(f'#!/bin/sh\nexec setpriv --bounding-set -dac_override,-dac_read_search -- {restic_program} "$@"\n')
    weak.chmod(0o755)
    with pytest.raises(errors.Incomplete, match="bad") as caught:
        await Restic(program=str(weak), cache=tmp_path / "cache").backup(repository, source, tags={})
    assert [Path(name).name for name in caught.value.files] == ["bad"]


async def test_vanished_file_is_tolerated(mover: VolumeMover, repository: Repository, source: Path, target: Path) -> None:
    """A file that the running application deletes while the volume is being copied is no error."""
    (source / "a-first").write_text("first")
    (source / "z-last").write_text("last")
    await mover.ensure(repository)
    # Opening a file under a lease waits for the holder: that is when the copy is known to be under way.
    with (source / "a-first").open("r+b") as held:
        fcntl.fcntl(held, fcntl.F_SETLEASE, fcntl.F_WRLCK)

        def opened() -> None:
            (source / "z-last").unlink()
            fcntl.fcntl(held, fcntl.F_SETLEASE, fcntl.F_UNLCK)

        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGIO, opened)
        try:
            snapshot = await mover.backup(repository, source, tags={})
        finally:
            loop.remove_signal_handler(signal.SIGIO)
    await mover.restore(repository, snapshot.id, target)
    assert [path.name for path in target.iterdir()] == ["a-first"]


async def test_lost_and_found_is_left_alone(mover: VolumeMover, repository: Repository, ext4: Callable[[str], Path]) -> None:
    """The folder that belongs to an ext4 file system is neither copied nor deleted; an application's of that name is."""
    source, target = ext4("source"), ext4("target")
    (source / "file").write_text("content")
    (source / "lost+found" / "piece").write_text("of the source")
    (target / "lost+found" / "piece").write_text("of the target")
    (source / "folder" / "lost+found").mkdir(parents=True)
    (source / "folder" / "lost+found" / "file").write_text("of the application")
    await _round_trip(mover, repository, source, target, delete_extra=True)
    assert (target / "lost+found" / "piece").read_text() == "of the target"
    assert (target / "folder" / "lost+found" / "file").read_text() == "of the application"
    assert (target / "file").read_text() == "content"


async def test_fresh_file_system_is_empty(mover: VolumeMover, repository: Repository, ext4: Callable[[str], Path]) -> None:
    """A volume with nothing but the file system's own folder counts as empty, in both directions."""
    source, target = ext4("source"), ext4("target")
    source.chmod(0o2770)
    (target / "extra").write_text("extra")
    await _round_trip(mover, repository, source, target, delete_extra=True)
    assert [path.name for path in target.iterdir()] == ["lost+found"]
    assert target.stat().st_mode == source.stat().st_mode


async def test_labels_of_the_node_do_not_travel(mover: VolumeMover, repository: Repository, source: Path, target: Path) -> None:
    """SELinux labels name the source's namespace: the container runtime of the target sets its own."""
    label = b"system_u:object_r:container_file_t:s0:c12,c34"
    (source / "file").write_text("content")
    os.setxattr(source / "file", "security.selinux", label)
    os.setxattr(source, "security.selinux", label)
    await _round_trip(mover, repository, source, target)
    assert os.listxattr(target) == []
    assert os.listxattr(target / "file") == []


async def test_sockets_do_not_matter(mover: VolumeMover, repository: Repository, source: Path, target: Path) -> None:
    """A socket left by a process is no obstacle and does not travel."""
    os.mknod(source / "socket", 0o140600)
    (source / "file").write_text("content")
    await _round_trip(mover, repository, source, target)
    assert [path.name for path in target.iterdir()] == ["file"]


@pytest.mark.parametrize("snapshot_id", ["0123abcd", "0123abcd" * 8])
async def test_unknown_snapshot(mover: VolumeMover, repository: Repository, target: Path, snapshot_id: str) -> None:
    """A snapshot that does not exist is an error of its own, and the target is not touched."""
    (target / "file").write_text("mine")
    await mover.ensure(repository)
    with pytest.raises(errors.SnapshotNotFound, match="0123abcd"):
        await mover.restore(repository, snapshot_id, target, delete_extra=True)
    assert (target / "file").read_text() == "mine"


async def test_ensure_twice(mover: VolumeMover, repository: Repository) -> None:
    """A repository that exists is left as it is."""
    await mover.ensure(repository)
    before = await _objects(repository)
    await mover.ensure(repository)
    assert await _objects(repository) == before


async def test_concurrent_ensure(rivals: list[VolumeMover], repository: Repository, source: Path, target: Path) -> None:
    """However many make the repository at once, all of them can use it afterwards."""
    (source / "file").write_text("content")
    async with asyncio.TaskGroup() as group:
        for mover in rivals:
            group.create_task(mover.ensure(repository))
    assert len([key for key in await _objects(repository) if key.startswith("keys/")]) == 1
    first, *_, last = rivals
    snapshot = await first.backup(repository, source, tags={})
    await last.ensure(repository)
    await last.restore(repository, snapshot.id, target)
    assert (target / "file").read_text() == "content"


async def test_ensure_where_a_bucket_knows_no_conditions(
    mover: VolumeMover, repository: Repository, source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some servers refuse to write only where nothing is: the repository is made in restic's own way then, and nothing else is left."""

    async def unsupported(_: bucket.Bucket, key: str, data: bytes) -> bool:
        raise store_errors.StoreError(f"Cannot write {key}, {len(data)} bytes: HTTP 501 Not Implemented.")

    monkeypatch.setattr(bucket.Bucket, "put_new", unsupported)
    (source / "file").write_text("content")
    await mover.ensure(repository)
    assert len([key for key in await _objects(repository) if key.startswith("keys/")]) == 1
    snapshot = await mover.backup(repository, source, tags={})
    await mover.restore(repository, snapshot.id, target)
    assert (target / "file").read_text() == "content"


async def test_unfinished_repository_is_made_again(mover: VolumeMover, repository: Repository) -> None:
    """What a process leaves that is killed between key and config is no obstacle."""
    await mover.ensure(repository)
    await store.open_location(repository.location).delete([f"restic/{repository.volume_namespace}/config"])
    await mover.ensure(repository)
    assert "config" in await _objects(repository)


@pytest.mark.parametrize("keys", [False, True], ids=["config", "config and keys"])
async def test_damaged_repository_is_not_made_again(mover: VolumeMover, repository: Repository, source: Path, *, keys: bool) -> None:
    """A repository with data that lost its config, or its keys as well, is reported with its folder, and nothing of it is deleted."""
    (source / "file").write_text("content")
    await mover.ensure(repository)
    await mover.backup(repository, source, tags={})
    folder = f"restic/{repository.volume_namespace}"
    lost = [name for name in await _objects(repository) if name == "config" or (keys and name.startswith("keys/"))]
    await store.open_location(repository.location).delete([f"{folder}/{name}" for name in lost])
    before = await _objects(repository)
    with pytest.raises(errors.RepositoryDamaged, match=f"empty the folder .*{folder} of bucket"):
        await mover.ensure(repository)
    assert await _objects(repository) == before


async def test_wrong_password(mover: VolumeMover, repository: Repository, source: Path) -> None:
    """Another password is told apart from every other trouble, and never shown."""
    await mover.ensure(repository)
    other = replace(repository, password=b"another-password")
    for attempt in (mover.ensure(other), mover.backup(other, source, tags={})):
        with pytest.raises(errors.WrongPassword) as caught:
            await attempt
        assert "another-password" not in str(caught.value)


@pytest.mark.parametrize(("key", "secret"), [("unknown-key", s3.SECRET_KEY), (s3.ACCESS_KEY, "wrong-secret")])
async def test_wrong_credential(
    mover: VolumeMover, repository: Repository, s3_server: s3.S3Server, source: Path, key: str, secret: str
) -> None:
    """Credentials that the storage refuses are told as such, whether before or in the middle of the work."""
    await mover.ensure(repository)
    other = replace(repository, location=s3_server.with_key(repository.location, key, secret))
    for attempt in (mover.ensure(other), mover.backup(other, source, tags={}), mover.restore(other, "0123abcd", source)):
        with pytest.raises(errors.Denied) as caught:
            await attempt
        assert secret not in str(caught.value)


async def test_missing_bucket_is_not_made(mover: VolumeMover, repository: Repository, s3_server: s3.S3Server) -> None:
    """A misspelt bucket is an error; restic alone would make the bucket."""
    absent = replace(repository, location=s3_server.location("misspelt", make=False))
    with pytest.raises(errors.BucketNotFound, match="misspelt"):
        await mover.ensure(absent)
    with pytest.raises(errors.BucketNotFound, match="misspelt"):
        await mover.ensure(absent)


async def test_missing_repository(mover: VolumeMover, repository: Repository, source: Path) -> None:
    """A backup into a repository that nobody made is told as such."""
    (source / "file").touch()
    with pytest.raises(errors.RepositoryNotFound, match=repository.volume_namespace):
        await mover.backup(repository, source, tags={})


async def test_unreachable(mover: VolumeMover, repository: Repository) -> None:
    """A storage that does not answer is told within half a minute."""
    config = {**repository.location.config, "s3Url": "http://127.0.0.1:9"}
    dead = replace(repository, location=replace(repository.location, config=config))
    async with asyncio.timeout(40):
        with pytest.raises(errors.Unreachable):
            await mover.ensure(dead)


async def test_read_only_location(mover: VolumeMover, repository: Repository, s3_server: s3.S3Server, source: Path, target: Path) -> None:
    """With credentials that can only read, a restore works and no repository is made."""
    (source / "file").write_text("content")
    await mover.ensure(repository)
    snapshot = await mover.backup(repository, source, tags={})
    reader = replace(repository, location=s3_server.with_key(repository.location, s3.READER_KEY, s3.SECRET_KEY), is_read_only=True)
    await mover.ensure(reader)
    await mover.restore(reader, snapshot.id, target)
    assert (target / "file").read_text() == "content"
    with pytest.raises(errors.RepositoryNotFound, match="read-only"):
        await mover.ensure(replace(reader, volume_namespace="never-made"))


async def test_forget_and_prune(mover: VolumeMover, repository: Repository, source: Path, target: Path) -> None:
    """A forgotten snapshot cannot be restored, others can, and pruning frees what only it needed."""
    await mover.ensure(repository)
    (source / "first").write_bytes(os.urandom(2**20))
    first = await mover.backup(repository, source, tags={})
    (source / "first").unlink()
    (source / "second").write_text("second")
    second = await mover.backup(repository, source, tags={})
    await mover.forget(repository, [first.id, "0123abcd"])
    await mover.forget(repository, [first.id])
    await mover.prune(repository)
    with pytest.raises(errors.SnapshotNotFound):
        await mover.restore(repository, first.id, target)
    await mover.restore(repository, second.id, target)
    assert (target / "second").read_text() == "second"


async def test_lock_of_a_killed_program_is_no_obstacle(
    mover: VolumeMover, repository: Repository, restic_program: str, source: Path, tmp_path: Path
) -> None:
    """What died while it held the repository keeps nobody out: neither those who remove nor those who add."""
    await mover.ensure(repository)
    (source / "file").write_text("text")
    first = await mover.backup(repository, source, tags={})
    (tmp_path / "way").mkdir()
    way = access.prepare(repository, tmp_path / "way")
    argv = [restic_program, "backup", "--no-cache", *way.arguments, "--stdin"]
    holder = await asyncio.create_subprocess_exec(*argv, env=dict(way.env), stdin=asyncio.subprocess.PIPE)
    bucket = store.open_location(repository.location)
    async with asyncio.timeout(60):
        while True:
            if [key async for key in bucket.keys(f"restic/{repository.volume_namespace}/locks/")]:
                break
            await asyncio.sleep(0.05)
    holder.kill()
    await holder.wait()
    await mover.forget(repository, [first.id])
    await mover.prune(repository)
    assert [key async for key in bucket.keys(f"restic/{repository.volume_namespace}/locks/")] == []


async def test_cancelled_transfer_leaves_no_program(mover: VolumeMover, repository: Repository, source: Path, target: Path) -> None:
    """Cancelling stops the program at once, its lock is gone, and the next transfer works."""
    for number in range(40):
        (source / f"file-{number}").write_bytes(os.urandom(8 * 2**20))
    await mover.ensure(repository)
    started = asyncio.Event()
    task = asyncio.create_task(mover.backup(repository, source, tags={}, on_progress=lambda _: started.set()))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not _programs_in(source)
    assert [name for name in await _objects(repository) if name.startswith("locks/")] == []
    snapshot = await mover.backup(repository, source, tags={})
    await mover.restore(repository, snapshot.id, target)
    assert trees.differences(trees.read(source), trees.read(target)) == []


def _programs_in(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder:
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found


async def _objects(repository: Repository) -> list[str]:
    folder = f"restic/{repository.volume_namespace}/"
    return sorted([key.removeprefix(folder) async for key in store.open_location(repository.location).keys(folder)])
