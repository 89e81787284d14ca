"""The mover of images against real registries: what arrives, and what each failure is."""

import asyncio
import itertools
import traceback
from pathlib import Path

import pytest

from kit import leaks, registries
from kit.registries import Registry
from mtc.movers import errors
from mtc.movers.images import skopeo
from mtc.movers.images.port import ImageMover, Login

pytestmark = pytest.mark.anyio

_numbers = itertools.count(1)
ARCHITECTURES = ("amd64", "arm64", "s390x")


@pytest.fixture
def mover() -> ImageMover:
    """The module is the mover."""
    return skopeo


@pytest.fixture
def logins(source: Registry, target: Registry) -> tuple[Login, Login]:
    """A user of each of the two registries, with a password that the other one does not know."""
    found = []
    for registry, side in ((source, "source"), (target, "target")):
        password = leaks.remember(f"{side}-password-{next(_numbers)}", f"the password for the {side}")
        registry.allow("ignored", password)
        found.append(Login("ignored", password))
    return found[0], found[1]


def repository() -> str:
    """One that no other test has."""
    return f"shop/web-{next(_numbers)}"


async def copy(mover: ImageMover, source: str, target: str, logins: tuple[Login | None, Login | None]) -> str:
    """A copy between registries whose certificates nobody knows."""
    return await mover.copy(
        source=source,
        target=target,
        source_login=logins[0],
        target_login=logins[1],
        verify_source_tls=False,
        verify_target_tls=False,
    )


async def test_an_image_arrives_whole_under_its_digest(
    mover: ImageMover, source: Registry, target: Registry, logins: tuple[Login, Login], layouts: Path
) -> None:
    """All architectures, under the tag that was asked for; the answer is the digest, at the target as at the source."""
    name = repository()
    digest = source.push(registries.make(layouts, name, architectures=ARCHITECTURES), f"{name}:1")
    assert await copy(mover, f"{source.host}/{name}@{digest}", f"{target.host}/{name}:2", logins) == digest
    assert target.manifest(name, "2") == source.manifest(name, "1")
    found = await mover.digest(f"{target.host}/{name}:2", login=logins[1], verify_tls=False)
    assert found == digest
    assert await mover.digest(f"{target.host}/{name}@{digest}", login=logins[1], verify_tls=False) == digest


async def test_what_a_registry_does_not_have_is_nothing(
    mover: ImageMover, source: Registry, target: Registry, logins: tuple[Login, Login]
) -> None:
    """A look-up says so; a copy of it is an error that names the image."""
    name = repository()
    assert await mover.digest(f"{target.host}/{name}:1", login=logins[1], verify_tls=False) is None
    with pytest.raises(errors.ImageNotFound, match=rf'{name}.*It said: "[^"]'):
        await copy(mover, f"{source.host}/{name}:1", f"{target.host}/{name}:1", logins)


@pytest.mark.parametrize("side", [0, 1], ids=["source", "target"])
async def test_a_login_that_is_refused_is_told_without_it(
    mover: ImageMover, source: Registry, target: Registry, logins: tuple[Login, Login], layouts: Path, side: int
) -> None:
    """The error is Denied, and neither it nor what led to it holds the password."""
    name = repository()
    source.push(registries.make(layouts, name), f"{name}:1")
    wrong = Login("ignored", leaks.remember(f"never-let-in-{next(_numbers)}", "a wrong password"))
    used = (wrong, logins[1]) if side == 0 else (logins[0], wrong)
    with pytest.raises(errors.Denied) as failed:
        await copy(mover, f"{source.host}/{name}:1", f"{target.host}/{name}:1", used)
    text = "".join(traceback.format_exception(failed.value)) + repr(used)
    assert wrong.password not in text


async def test_without_a_login_no_other_one_is_used(
    mover: ImageMover, source: Registry, target: Registry, logins: tuple[Login, Login], layouts: Path
) -> None:
    """What a person has put into files of their own is not for us."""
    name = repository()
    source.push(registries.make(layouts, name), f"{name}:1")
    with pytest.raises(errors.Denied):
        await copy(mover, f"{source.host}/{name}:1", f"{target.host}/{name}:1", (None, logins[1]))


async def test_a_certificate_that_nobody_trusts_is_told(
    mover: ImageMover, source: Registry, target: Registry, logins: tuple[Login, Login], layouts: Path
) -> None:
    """Where certificates are checked, and at once: another try would not help."""
    name = repository()
    source.push(registries.make(layouts, name), f"{name}:1")
    words = {"source_login": logins[0], "target_login": logins[1], "verify_source_tls": False}
    with pytest.raises(errors.Failed, match="certificate"):
        await mover.copy(source=f"{source.host}/{name}:1", target=f"{target.host}/{name}:1", **words)  # type: ignore[arg-type]


async def test_a_registry_that_comes_back_is_waited_for(
    mover: ImageMover, source: Registry, target: Registry, logins: tuple[Login, Login], layouts: Path
) -> None:
    """The copy begins while the target is away, and ends well once it is there."""
    name = repository()
    digest = source.push(registries.make(layouts, name), f"{name}:1")
    target.stop()
    running = asyncio.create_task(copy(mover, f"{source.host}/{name}:1", f"{target.host}/{name}:1", logins))
    try:
        done, _ = await asyncio.wait([running], timeout=1)
        assert not done
    finally:
        # In this thread: the registry ends with the thread that has started it.
        target.start()
    assert await running == digest
    assert target.manifest(name, "1") is not None


async def test_nothing_is_left_of_a_copy_that_is_canceled(
    mover: ImageMover, source: Registry, target: Registry, logins: tuple[Login, Login], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a program nor a file with a login."""
    name = repository()
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    async with asyncio.timeout(60):
        # A server that takes the connection and says nothing.
        silent = await asyncio.start_server(lambda reader, _: reader.read(), "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        running = asyncio.create_task(copy(mover, f"127.0.0.1:{port}/{name}:1", f"{target.host}/{name}:1", logins))
        while not (found := list(tmp_path.glob("mtc-image-*/*.json"))):  # noqa: ASYNC110 - nobody tells of files
            await asyncio.sleep(0.01)
        modes = {path.stat().st_mode & 0o777 for path in found}
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        silent.close()
    assert modes == {0o600}
    assert list(tmp_path.iterdir()) == []
    assert f"{port}/{name}" not in _command_lines()
    assert source.host != target.host


def _command_lines() -> str:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append(path.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return "\n".join(found)
