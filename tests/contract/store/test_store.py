"""What every store does, whatever the provider: one suite for memory, a folder and a real S3 server."""

import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kit import s3
from mtc import store
from mtc.store import errors, port


@pytest.fixture(scope="session", name="server")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[s3.S3Server]:
    """A real S3 server."""
    with s3.s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(params=["memory", "local", "aws"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, server: s3.S3Server) -> store.Store:
    """An empty store of each provider that can be had here."""
    match request.param:
        case "local":
            return store.open_location(store.Location("test", "local", str(tmp_path), "velero"))
        case "aws":
            return store.open_location(server.location())
        case _:
            return store.open_location(store.Location("test", "memory", f"bucket-{tmp_path}", "velero"))


async def test_objects_come_back_as_they_were(opened: store.Store, tmp_path: Path) -> None:
    """Small and large objects, and keys with odd characters."""
    await opened.put("backups/a b/ü+%.json", b"small")
    assert await opened.get("backups/a b/ü+%.json") == b"small"
    large = tmp_path / "large"
    large.write_bytes(bytes(range(256)) * 2**16)
    await opened.put_file("backups/a/large", large)
    assert await opened.get_file("backups/a/large", tmp_path / "copy") == large.stat().st_size
    assert (tmp_path / "copy").read_bytes() == large.read_bytes()


async def test_folders_and_keys(opened: store.Store) -> None:
    """Folders are listed one level deep, keys all the way down, and only below the prefix."""
    for key in ("backups/a/1", "backups/a/2", "backups/b/1", "restores/r/1", "loose"):
        await opened.put(key, b"x")
    assert await opened.folders("") == ["backups", "restores"]
    assert await opened.folders("backups/") == ["a", "b"]
    assert sorted([key async for key in opened.keys("backups/a/")]) == ["backups/a/1", "backups/a/2"]
    assert await port.delete_folder(opened, "backups/") == 3
    # Some stores go on listing a folder that is empty now; nothing may rely on that.
    assert sorted([key async for key in opened.keys("")]) == ["loose", "restores/r/1"]


async def test_what_is_not_there(opened: store.Store, tmp_path: Path) -> None:
    """An absent object is told as such; deleting it is no error."""
    assert not await opened.exists("absent")
    with pytest.raises(errors.ObjectNotFound, match="absent"):
        await opened.get("absent")
    with pytest.raises(errors.ObjectNotFound):
        await opened.get_file("absent", tmp_path / "x")
    await opened.put("present", b"")
    await opened.delete(["absent", "present"])
    assert not await opened.exists("present")


async def test_a_probe_leaves_nothing(opened: store.Store) -> None:
    """The probe proves write, read and delete."""
    await port.probe(opened, "metadata/probe")
    assert [key async for key in opened.keys("")] == []


async def test_a_signed_url_needs_no_credential(server: s3.S3Server) -> None:
    """Whoever has the URL can read the object, and only that."""
    opened = store.open_location(server.location())
    await opened.put("backups/a/log", b"text")
    url = await opened.sign("backups/a/log", timedelta(minutes=1))
    assert urllib.request.urlopen(url, timeout=10).read() == b"text"  # noqa: ASYNC210 - loopback
    assert s3.SECRET_KEY not in url


async def test_a_wrong_secret_is_denied_and_not_repeated(server: s3.S3Server) -> None:
    """The error says that access is denied; the secret is in no text."""
    location = server.with_key(server.location(), s3.ACCESS_KEY, "wrong-secret-0815")
    with pytest.raises(errors.AccessDenied) as caught:
        await store.open_location(location).put("x", b"")
    assert "wrong-secret-0815" not in str(caught.value) + repr(location)


async def test_nobody_answers() -> None:
    """A dead endpoint is told as unreachable, with its address."""
    location = store.Location("BSL x", "aws", "bucket", config={"s3Url": "http://127.0.0.1:9"}, credential=s3.credential("a", "b"))
    with pytest.raises(errors.StoreUnreachable, match=r"127\.0\.0\.1:9"):
        await store.open_location(location).get("x")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"provider": "ftp"}, "not known"),
        ({"bucket": "a/b"}, "slash"),
        ({"config": {"s3Url": "s3.example.org"}}, "http"),
        ({"credential": b"no sections"}, "credentials file"),
        ({"credential": b"[other]\naws_access_key_id=x\n"}, r"\[default\]"),
        ({"provider": "azure"}, "storageAccount"),
        ({"provider": "azure", "config": {"storageAccount": "acc"}}, "AZURE_TENANT_ID"),
        ({"provider": "gcp", "credential": b"no json"}, "JSON"),
        ({"provider": "local", "bucket": "relative"}, "absolute path"),
    ],
)
def test_settings_that_cannot_work_are_refused_before_anything_is_sent(change: dict[str, object], words: str) -> None:
    """Each problem is named together with its location."""
    location = replace(store.Location("BSL demo", "aws", "bucket"), **change)  # type: ignore[arg-type]
    with pytest.raises(errors.BadLocation, match=words) as caught:
        store.open_location(location)
    assert "BSL demo" in str(caught.value)
