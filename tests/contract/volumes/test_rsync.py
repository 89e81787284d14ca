"""A volume sent by rsync through a tunnel, with the very files that pods get: everything arrives, and whatever differs is named."""

import contextlib
import datetime as dt
import os
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from kit import trees
from mtc.migration.direct.volumes import keys, settings_files
from mtc.migration.direct.volumes.keys import Keys
from mtc.movers import errors
from mtc.movers.volumes import rsync
from mtc.movers.volumes.compare import Difference
from mtc.movers.volumes.port import Progress
from mtc.movers.volumes.rsync import Options, Rsync, Server

pytestmark = pytest.mark.anyio

_UP_S = 20.0


@dataclass(frozen=True)
class Receiver:
    """A receiving end that runs.

    Attributes:
        place: folder of what belongs to this copy.
        volume: the folder that receives.
        port: of the tunnel.
        keys: of this copy.
    """

    place: Path
    volume: Path
    port: int
    keys: Keys

    def server(self, own: Keys | None = None) -> Server:
        """How a sender with these keys, by default the right ones, reaches it."""
        used = own or self.keys
        folder = self.place / f"sender-{id(used)}"
        folder.mkdir(exist_ok=True)
        files = settings_files.sender_files("127.0.0.1", self.port, used, verify=2, proxy=None)
        _write(folder, files)
        return Server(module="v-data", user=settings_files.USER, password=used.password, connect=f"stunnel {folder}/stunnel.conf")


def _write(folder: Path, files: dict[str, str], **other: str) -> None:
    for name, text in files.items():
        for old, new in {settings_files.FILES: str(folder), **other}.items():
            text = text.replace(old, new)  # noqa: PLW2901 - what a pod has mounted is elsewhere here
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)


@asynccontextmanager
async def receiver(place: Path, *, is_root: bool = True, full: Path | None = None) -> AsyncIterator[Receiver]:
    """The pod of a target namespace as processes: a server of rsync, and the tunnel in front of it."""
    volume, folder = full or place / "volume", place / "receiver"
    volume.mkdir(exist_ok=True)
    if not is_root:
        volume.chmod(0o777)  # outside of a pod, a server that is to be nobody in particular becomes nobody
    folder.mkdir()
    own = keys.make(now=dt.datetime.now(dt.UTC))
    ports = _free_ports()
    files = settings_files.server_files("shop", ["v-data"], own, is_root=is_root, verify=2)
    changed = {
        settings_files.folder("shop", "v-data"): str(volume),
        f"accept = {settings_files.TUNNEL_PORT}": f"accept = 127.0.0.1:{ports[0]}",
        f"127.0.0.1:{settings_files.RSYNC_PORT}": f"127.0.0.1:{ports[1]}",
    }
    _write(folder, files, **changed)
    rsync_server = ["rsync", "--daemon", "--no-detach", "--address=127.0.0.1", f"--port={ports[1]}", f"--config={folder}/rsyncd.conf"]
    with (place / "log").open("wb") as log, contextlib.ExitStack() as stack:
        for argv in (rsync_server, ["stunnel", f"{folder}/stunnel.conf"]):
            process = stack.enter_context(subprocess.Popen(argv, stdout=log, stderr=log))  # noqa: ASYNC220 - it starts at once
            stack.callback(process.wait)
            stack.callback(process.terminate)
        for port in ports:
            await _until_up(port)
        yield Receiver(place, volume, ports[0], own)


def _free_ports() -> list[int]:
    with socket.socket() as one, socket.socket() as other:
        for sock in (one, other):
            sock.bind(("127.0.0.1", 0))
        return [one.getsockname()[1], other.getsockname()[1]]


async def _until_up(port: int) -> None:
    with anyio.fail_after(_UP_S):
        while True:
            try:
                stream = await anyio.connect_tcp("127.0.0.1", port)
            except OSError:
                await anyio.sleep(0.05)
            else:
                await stream.aclose()
                return


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A volume with everything that makes copying hard."""
    folder = tmp_path / "source"
    folder.mkdir()
    trees.fill(folder)
    return folder


async def compared(receiver: Receiver, source: Path) -> dict[str, str]:
    """What differs, by path."""
    found: list[Difference] = []
    _, count = await Rsync().compare(source, receiver.server(), Options(), on_difference=found.append)
    assert count == len(found)
    return {entry.path: "; ".join(entry.what) for entry in found}


async def test_everything_arrives_as_it_is_and_both_sides_are_the_same(source: Path, tmp_path: Path) -> None:
    """Owners, modes, times, links, holes, attributes and odd names; what the target has besides is deleted."""
    async with receiver(tmp_path) as target:
        (target.volume / "of-before").write_text("old")
        seen: list[Progress] = []
        copied = await Rsync().send(source, target.server(), Options(), on_progress=seen.append)
        assert trees.differences(trees.read(source), trees.read(target.volume)) == []
        assert copied.files >= len(trees.read(source))
        assert copied.sent_bytes > 0
        assert seen[-1].done_bytes <= copied.total_bytes
        assert await compared(target, source) == {}
        again = await Rsync().send(source, target.server(), Options())
        assert again.sent_bytes == 0


async def test_whatever_differs_is_named(tmp_path: Path) -> None:
    """Content of the same size and time, modes, owners, links, times, missing files and files too many."""
    source = tmp_path / "source"
    source.mkdir()
    for name in ("content", "mode", "owner", "time", "gone"):
        (source / name).write_text("as it is")
    (source / "link").symlink_to("content")
    async with receiver(tmp_path) as target:
        await Rsync().send(source, target.server(), Options())
        before = (target.volume / "content").stat()
        (target.volume / "content").write_text("as it IS")
        os.utime(target.volume / "content", ns=(before.st_atime_ns, before.st_mtime_ns))
        (target.volume / "mode").chmod(0o600)
        os.chown(target.volume / "owner", 4321, 8765)
        os.utime(target.volume / "time", (1, 1))
        (target.volume / "gone").unlink()
        (target.volume / "link").unlink()
        (target.volume / "link").symlink_to("mode")
        (target.volume / "extra").write_text("?")
        found = await compared(target, source)
    found.pop(".", None)  # the time of the folder, where the clock has moved on
    assert found == {
        "content": "content differs",
        "mode": "mode differs",
        "owner": "owner differs; group differs",
        "time": "time differs",
        "gone": "it is missing",
        "link": "content differs",
        "extra": "it is not in the source",
    }


async def test_nobody_else_gets_in(tmp_path: Path) -> None:
    """Neither a sender that another authority vouches for, nor one with the right certificate and another password."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "file").write_text("secret")
    other = keys.make(now=dt.datetime.now(dt.UTC))
    async with receiver(tmp_path) as target:
        with pytest.raises(errors.MoverError):
            await Rsync().send(tmp_path / "source", target.server(other), Options())
        right = target.server()
        wrong = Server(module="v-data", user=right.user, password="guessed", connect=right.connect)  # noqa: S106 - that is the point
        with pytest.raises(errors.Denied):
            await Rsync().send(tmp_path / "source", wrong, Options())
        assert list(target.volume.iterdir()) == []


async def test_a_target_that_is_full_is_told(tmp_path: Path) -> None:
    """With what to do about it."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "large").write_bytes(os.urandom(4 * 2**20))
    full = tmp_path / "full"
    full.mkdir()
    await anyio.run_process(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(full)])
    try:
        async with receiver(tmp_path, full=full) as target:
            with pytest.raises(errors.NoSpace, match="larger"):
                await Rsync().send(tmp_path / "source", target.server(), Options())
    finally:
        await anyio.run_process(["umount", str(full)])


async def test_a_target_that_nobody_reaches_is_told(tmp_path: Path) -> None:
    """Nothing listens there."""
    (tmp_path / "source").mkdir()
    async with receiver(tmp_path) as target:
        server = target.server()
    with pytest.raises(errors.Unreachable):
        await Rsync().send(tmp_path / "source", server, Options())


async def test_links_that_a_server_without_root_changes_are_found(tmp_path: Path) -> None:
    """It takes the slash off, and comparing with it sees nothing wrong: so the sender looks for them itself."""
    (tmp_path / "source" / "deep").mkdir(parents=True)
    (tmp_path / "source" / "outside").symlink_to("/etc/hosts")
    (tmp_path / "source" / "deep" / "above").symlink_to("../../elsewhere")
    (tmp_path / "source" / "inside").symlink_to("deep")
    async with receiver(tmp_path, is_root=False) as target:
        await Rsync().send(tmp_path / "source", target.server(), Options(attributes=False, folder_times=False))
        assert str((target.volume / "outside").readlink()) != "/etc/hosts"
    assert sorted(rsync.bent_links(tmp_path / "source")) == ["deep/above", "outside"]
