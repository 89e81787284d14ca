"""Whose files a name in the bucket stands for, when several clusters use the same."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mtc import store
from mtc.api import base
from mtc.engine import deletion, layout, ownership
from mtc.engine.errors import NameTaken
from mtc.kube import codec

pytestmark = pytest.mark.anyio

FILES = layout.BackupFiles("daily")
DONE = {"phase": "Completed", "startTimestamp": "2026-01-01T00:00:00Z", "completionTimestamp": "2026-01-01T00:00:09Z"}


@pytest.fixture
def bucket() -> store.Store:
    """An empty bucket."""
    return store.open_location(store.Location(name="bucket", provider="memory", bucket=uuid.uuid4().hex))


def _backup(uid: str, **status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "daily", "uid": uid}, "status": status}


async def test_a_name_belongs_to_the_first(bucket: store.Store) -> None:
    """Who has claimed it may go on after a restart; anybody else is told so, and again when the files are there."""
    await ownership.claim(bucket, FILES, "one")
    await ownership.claim(bucket, FILES, "one")
    with pytest.raises(NameTaken, match="being written"):
        await ownership.claim(bucket, FILES, "two")
    await bucket.put(FILES.metadata, codec.dumps(_backup("one", **DONE)))
    await ownership.release(bucket, FILES)
    await ownership.check(bucket, FILES, "one")
    with pytest.raises(NameTaken, match="already has a backup named daily"):
        await ownership.claim(bucket, FILES, "two")


async def test_an_overwritten_mark_is_noticed(bucket: store.Store) -> None:
    """Of two that claim at the same moment one has its mark overwritten, and finds that out before it writes."""
    await ownership.claim(bucket, FILES, "one")
    await bucket.put(FILES.mark, codec.dumps({"uid": "two", "since": base.format_time(datetime.now(UTC))}))
    with pytest.raises(NameTaken):
        await ownership.check(bucket, FILES, "one")


async def test_what_another_writes_is_not_deleted(bucket: store.Store) -> None:
    """Neither before its metadata is there nor after; what nobody claims may go."""
    assert await ownership.may_delete(bucket, FILES, _backup("two"))
    await ownership.claim(bucket, FILES, "one")
    assert await ownership.may_delete(bucket, FILES, _backup("one"))
    assert not await ownership.may_delete(bucket, FILES, _backup("two"))
    await bucket.put(FILES.metadata, codec.dumps(_backup("one", **DONE)))
    assert not await ownership.may_delete(bucket, FILES, _backup("two"))
    assert await ownership.may_delete(bucket, FILES, _backup("copy", **DONE))


async def test_an_old_mark_does_not_count(bucket: store.Store) -> None:
    """A run that was never finished does not keep the name for ever."""
    since = base.format_time(datetime.now(UTC) - timedelta(hours=25))
    await bucket.put(FILES.mark, codec.dumps({"uid": "one", "since": since}))
    await ownership.claim(bucket, FILES, "two")


@pytest.mark.parametrize(
    ("backup", "expected"),
    [
        (_backup("one", phase="Deleting"), True),
        (_backup("copy", **DONE), True),
        (_backup("copy", **(DONE | {"phase": "Deleting"})), True),
        (_backup("two", **(DONE | {"phase": "Failed", "failureReason": "taken"})), False),
        (_backup("two", phase="Deleting", startTimestamp=DONE["startTimestamp"]), False),
        (_backup("two", phase="FailedValidation", validationErrors=["no"]), False),
        (_backup("two"), False),
    ],
)
def test_a_copy_stands_for_the_files(backup: dict[str, Any], *, expected: bool) -> None:
    """One that came from the bucket has the fate that stands there; one that failed on its own has another."""
    assert ownership.is_of(_backup("one", **DONE), backup) is expected


@pytest.mark.parametrize(
    ("status", "phase"),
    [
        (DONE, "Completed"),
        (DONE | {"phase": "Deleting"}, "Completed"),
        (DONE | {"phase": "Deleting", "errors": 2}, "PartiallyFailed"),
        ({"phase": "Deleting", "failureReason": "no"}, "Failed"),
        ({"phase": "Deleting", "validationErrors": ["no"]}, "FailedValidation"),
        ({"phase": "InProgress"}, "Failed"),
    ],
)
def test_what_is_not_deleted_is_what_it_was(status: dict[str, Any], phase: str) -> None:
    """Even when the engine was killed in the middle of the deletion; one that ran was stopped for it."""
    assert deletion.status_before(_backup("one", **status))["phase"] == phase
