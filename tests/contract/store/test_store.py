"""What every store does, whatever the provider: one suite for memory, a folder and the servers of three clouds.

The servers are SeaweedFS for S3, Azurite for Azure, and for Google `kit.gcs`: see there what is real in it.
"""

import asyncio
import os
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

import pytest

from kit import azurite, gcs, s3
from mtc import store
from mtc.store import errors, port
from mtc.store.gcs import endpoint

Server: TypeAlias = s3.S3Server | azurite.AzureServer | gcs.GcsServer
#: What is read in pages: more objects than one page of each cloud has. A page of Azure has 5,000, which take the emulator a minute
#: to store: that is done with MTC_TEST_PAGES=all, otherwise all come in one page there.
_PAGES = {"memory": 1200, "local": 1200, "aws": 1200, "azure": 5050 if os.environ.get("MTC_TEST_PAGES") == "all" else 500, "gcp": 1200}


@pytest.fixture(params=["aws", "azure", "gcp"])
def server(request: pytest.FixtureRequest) -> Server:
    """A server of each cloud."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=list(_PAGES))
def provider(request: pytest.FixtureRequest) -> str:
    """Each provider there is."""
    return str(request.param)


@pytest.fixture
def opened(provider: str, request: pytest.FixtureRequest, tmp_path: Path) -> store.Store:
    """An empty store."""
    match provider:
        case "local":
            return store.open_location(store.Location("test", "local", str(tmp_path), "velero"))
        case "memory":
            return store.open_location(store.Location("test", "memory", f"bucket-{tmp_path}", "velero"))
    server: Server = request.getfixturevalue(provider)
    return store.open_location(server.location())


def test_every_provider_is_in_this_suite() -> None:
    """A new adapter must be added here."""
    assert set(_PAGES) == set(store.providers())


async def test_objects_come_back_as_they_were(opened: store.Store, tmp_path: Path) -> None:
    """Small and large objects, and keys with odd characters."""
    await opened.put("backups/a b/ü+%.json", b"small")
    assert await opened.get("backups/a b/ü+%.json") == b"small"
    large = tmp_path / "large"
    large.write_bytes(bytes(range(256)) * 2**16)
    await opened.put_file("backups/a/large", large)
    assert await opened.get_file("backups/a/large", tmp_path / "copy") == large.stat().st_size
    assert (tmp_path / "copy").read_bytes() == large.read_bytes()


async def test_only_one_writes_a_new_object(opened: store.Store) -> None:
    """Of many that write the same one at once, and whoever comes later is told as well."""
    wrote = await asyncio.gather(*(opened.put_new("claimed", bytes([number])) for number in range(8)))
    assert wrote.count(True) == 1
    assert await opened.get("claimed") == bytes([wrote.index(True)])
    assert not await opened.put_new("claimed", b"later")
    assert await opened.get("claimed") == bytes([wrote.index(True)])


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


async def test_nothing_is_lost_between_pages(opened: store.Store, provider: str) -> None:
    """A list that comes in several pages has every key once; so has what is removed."""
    places = asyncio.Semaphore(32)

    async def one(number: int) -> None:
        async with places:
            await opened.put(f"many/{number % 7}/{number:05}", b"")

    async with asyncio.TaskGroup() as group:
        for number in range(_PAGES[provider]):
            group.create_task(one(number))
    await opened.put("other/1", b"")
    found = [key async for key in opened.keys("many/")]
    assert sorted(found) == sorted(f"many/{number % 7}/{number:05}" for number in range(_PAGES[provider]))
    assert await opened.folders("many/") == [str(number) for number in range(7)]
    of_folder = [key for key in found if key.startswith("many/3/")]
    assert await port.delete_folder(opened, "many/3/") == len(of_folder)
    assert sorted([key async for key in opened.keys("many/")]) == sorted(set(found) - set(of_folder))


async def test_many_are_removed_though_some_are_gone(opened: store.Store) -> None:
    """More keys than one request takes, most of them gone already: none is left, and that is no error."""
    keys = [f"many/{number}" for number in range(300)]
    for key in keys[::10]:
        await opened.put(key, b"")
    await opened.delete(keys)
    assert [key async for key in opened.keys("")] == []


async def test_what_is_written_again_is_as_it_was_written_last(opened: store.Store, tmp_path: Path) -> None:
    """An object is replaced whole, by a smaller one, by one in parts, and by an empty one."""
    large = tmp_path / "large"
    large.write_bytes(b"0123456789abcdef" * 2**16 * 11)
    for content in (b"first and long", b"next", b""):
        await opened.put("velero-backup.json", content)
        assert await opened.get("velero-backup.json") == content
    await opened.put_file("velero-backup.json", large)
    assert await opened.get_file("velero-backup.json", tmp_path / "copy") == large.stat().st_size
    await opened.put("velero-backup.json", b"last")
    assert await opened.get("velero-backup.json") == b"last"


async def test_an_empty_file_is_an_object_too(opened: store.Store, tmp_path: Path) -> None:
    """Nothing in parts is still something."""
    (tmp_path / "empty").write_bytes(b"")
    await opened.put_file("empty", tmp_path / "empty")
    assert await opened.exists("empty")
    assert await opened.get_file("empty", tmp_path / "copy") == 0


async def test_many_write_and_read_at_once(opened: store.Store) -> None:
    """Each gets what was written under its key."""

    async def one(number: int) -> None:
        await opened.put(f"at-once/{number}", str(number).encode() * 1000)
        assert await opened.get(f"at-once/{number}") == str(number).encode() * 1000

    async with asyncio.TaskGroup() as group:
        for number in range(64):
            group.create_task(one(number))


async def test_a_probe_leaves_nothing(opened: store.Store) -> None:
    """The probe proves write, read and delete."""
    await port.probe(opened, "metadata/probe")
    assert [key async for key in opened.keys("")] == []


async def test_a_signed_url_needs_no_credential(server: Server) -> None:
    """Whoever has the URL can read the object, and only that."""
    opened = store.open_location(server.location())
    await opened.put("backups/a/log", b"text")
    url = await opened.sign("backups/a/log", timedelta(minutes=1))
    assert await asyncio.to_thread(fetch, server, url) == b"text"
    with pytest.raises(OSError, match=r"40[0-9]"):
        await asyncio.to_thread(fetch, server, url.replace("/a/log", "/b/log"))
    assert not any(secret in url for secret in (s3.SECRET_KEY, azurite.ACCESS_KEY))


def fetch(server: Server, url: str) -> bytes:
    """What a URL leads to."""
    return server.fetch(url)


async def test_a_prefix_is_a_wall(server: Server) -> None:
    """Two locations of one bucket do not see each other's objects; the same prefix is the same place."""
    one = server.location(prefix="velero")
    other, same = (store.open_location(replace(one, prefix=prefix)) for prefix in ("velero-2", "velero"))
    await store.open_location(one).put("backups/a/1", b"x")
    assert not await other.exists("backups/a/1")
    assert await other.folders("") == []
    assert await same.get("backups/a/1") == b"x"


async def test_a_wrong_secret_is_denied_and_not_repeated(server: Server) -> None:
    """Every operation says that access is denied; the secret is in no text."""
    right = server.location()
    wrong = server.denied(right)
    opened = store.open_location(wrong)
    for doing in (opened.put("x", b""), opened.get("x"), opened.exists("x"), opened.folders(""), opened.delete(["x"])):
        with pytest.raises(errors.AccessDenied) as caught:
            await doing
        text = f"{caught.value} {wrong!r}"
        assert not any(line in text for line in (wrong.credential or b"").decode().splitlines() if line)
        assert "Debug source" not in text
    await port.probe(store.open_location(right), "x")


async def test_a_bucket_that_is_not_there_is_told_as_such(server: Server) -> None:
    """To write, to read, to list and to remove there names the bucket, and says that it does not exist."""
    opened = store.open_location(server.location("absent", make=False))
    tries: list[Awaitable[object]] = [opened.get("x"), opened.folders("")]
    if not isinstance(server, s3.S3Server):
        # SeaweedFS makes a bucket for whoever writes into it.
        tries += [opened.put("x", b""), opened.delete(["x"])]
    for doing in tries:
        with pytest.raises(errors.BucketNotFound, match=r"absent.*does not exist"):
            await doing


async def test_nobody_answers(server: Server) -> None:
    """A dead endpoint is told as unreachable, with its address."""
    here = server.location("any", make=False)
    config = {key: "http://127.0.0.1:9" if value.startswith("http") else value for key, value in here.config.items()}
    with pytest.raises(errors.StoreUnreachable, match=r"127\.0\.0\.1:9"):
        await store.open_location(replace(here, config=config)).get("x")


GOOGLE_WITHOUT_KEY = b'{"client_email": "a@example.org", "private_key": "-----BEGIN", "private_key_id": "1"}'


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
        ({"provider": "azure", "config": {"storageAccount": "a"}, "credential": azurite.credential("no base64!")}, "cannot work"),
        ({"provider": "azure", "config": {"storageAccount": "a", "storageAccountURI": "a.example.org"}}, "storageAccountURI"),
        ({"provider": "gcp", "credential": b"no json"}, "JSON"),
        ({"provider": "gcp", "credential": b"[" * 100_000}, "JSON"),
        ({"provider": "gcp", "credential": b'{"type": "service_account"}'}, "client_email, private_key, private_key_id missing"),
        ({"provider": "gcp", "credential": GOOGLE_WITHOUT_KEY}, "cannot work"),
        ({"provider": "gcp", "config": {"storeEndpoint": "https:///x"}}, "storeEndpoint"),
        ({"provider": "local", "bucket": "relative"}, "absolute path"),
    ],
)
def test_settings_that_cannot_work_are_refused_before_anything_is_sent(change: dict[str, object], words: str) -> None:
    """Each problem is named together with its location."""
    location = replace(store.Location("BSL demo", "aws", "bucket"), **change)  # type: ignore[arg-type]
    with pytest.raises(errors.BadLocation, match=words) as caught:
        store.open_location(location)
    assert "BSL demo" in str(caught.value)


@pytest.mark.parametrize(
    ("config", "address"),
    [
        ({}, ""),
        ({"storeEndpoint": "storage-example.p.googleapis.com"}, "https://storage-example.p.googleapis.com"),
        ({"storeEndpoint": "https://storage.example.org/storage/v1/"}, "https://storage.example.org"),
        ({"universeDomain": "example.cloud"}, "https://storage.example.cloud"),
    ],
)
def test_endpoints_of_google_as_velero_takes_them(config: dict[str, str], address: str) -> None:
    """A bare host, a URL with the path of the JSON interface, and a domain of its own."""
    assert endpoint(store.Location("BSL demo", "gcp", "b", config=config)) == address
