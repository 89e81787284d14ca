"""Of those that make the same repository the first one wins, whatever its bucket answers."""

from pathlib import Path

import pytest

from mtc import store
from mtc.movers import processes
from mtc.movers.restic import making, reports
from mtc.movers.volumes.port import Repository
from mtc.store import bucket, errors

FOLDER = "restic/shop"


class Restic:
    """Makes repositories of two files, and does something else meanwhile."""

    def __init__(self, meanwhile: dict[str, bytes], place: store.Location) -> None:
        self._meanwhile, self._place = meanwhile, place

    async def run(
        self, repository: Repository, verb: str, *arguments: str, deadline_s: float | None = None
    ) -> tuple[reports.Report, processes.Ended]:
        """Writes them."""
        assert (verb, arguments, deadline_s) == ("init", (), making.INIT_S)
        folder = Path(repository.location.bucket) / FOLDER
        (folder / "keys").mkdir(parents=True)
        (folder / "keys" / "ours").write_bytes(b"key")
        (folder / "config").write_bytes(b"config")
        for name, content in self._meanwhile.items():
            await store.open_location(self._place).put(name, content)
        return reports.Report(), processes.Ended(0, "")

    async def short(self, repository: Repository, *arguments: str, doing: str) -> reports.Report:
        """Is not needed."""
        raise AssertionError(f"{repository} {arguments} {doing}")


@pytest.fixture
def place(tmp_path: Path) -> store.Location:
    """An empty bucket."""
    return store.Location("test", "memory", f"making-{tmp_path}")


async def made(place: store.Location, **meanwhile: bytes) -> making.Made | None:
    """What comes of making one."""
    repository = Repository(location=place, volume_namespace="shop", password=b"secret")
    return await making.make(Restic({f"{FOLDER}/{name}": content for name, content in meanwhile.items()}, place), repository, FOLDER)


async def stored(place: store.Location) -> dict[str, bytes]:
    """What is in the folder then."""
    opened = store.open_location(place)
    return {key.removeprefix(f"{FOLDER}/"): await opened.get(key) async for key in opened.keys(f"{FOLDER}/")}


async def test_where_nothing_is_it_is_put(place: store.Location) -> None:
    """As restic has made it."""
    assert await made(place) == making.Made(b"config", {"keys/ours": b"key"})
    assert await stored(place) == {"config": b"config", "keys/ours": b"key"}


async def test_what_has_come_meanwhile_is_left_alone(place: store.Location) -> None:
    """Not even a key is put beside it."""
    assert await made(place, config=b"of another") is None
    assert await stored(place) == {"config": b"of another"}


@pytest.mark.parametrize(
    ("error", "there", "wins"),
    [
        (None, b"config", True),
        (None, b"of another", False),
        (None, b"", False),
        (errors.StoreError("HTTP 501."), b"", False),
        (errors.StoreError("HTTP 520."), b"config", True),
        (errors.AccessDenied("HTTP 403."), b"", False),
        (errors.AccessDenied("HTTP 403."), b"of another", False),
    ],
)
async def test_what_is_stored_decides(
    place: store.Location, monkeypatch: pytest.MonkeyPatch, error: errors.StoreError | None, there: bytes, *, wins: bool
) -> None:
    """Answers get lost, and some servers know no conditions: a key is taken away only where the config is not its own."""

    async def put_new(opened: bucket.Bucket, key: str, _: bytes) -> bool:
        if there:
            await opened.put(key, there)
        if error is not None:
            raise error
        return False

    monkeypatch.setattr(bucket.Bucket, "put_new", put_new)
    assert (await made(place) is not None) == wins
    expected = {"config": there} if there else {}
    assert await stored(place) == (expected | ({"keys/ours": b"key"} if wins else {}))


async def test_a_bucket_that_cannot_be_reached_is_told(place: store.Location, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is taken away then: what was written may be all there."""

    async def put_new(opened: bucket.Bucket, key: str, data: bytes) -> bool:
        await opened.put(key, data)
        raise errors.StoreUnreachable("No answer.")

    monkeypatch.setattr(bucket.Bucket, "put_new", put_new)
    with pytest.raises(errors.StoreUnreachable):
        await made(place)
    assert await stored(place) == {"config": b"config", "keys/ours": b"key"}
