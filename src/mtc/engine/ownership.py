"""Whose files the folder of a backup in the bucket holds: several clusters share a bucket, and each may call a Backup alike.

A run puts a mark into the folder before it collects anything, and looks for it again before it writes: of two runs that begin
at the same moment the one whose mark was overwritten gives up. The mark goes when the metadata is there, which then tells.
"""

import asyncio
from datetime import UTC, datetime, timedelta

from mtc.api import base
from mtc.engine import layout
from mtc.engine.errors import NameTaken
from mtc.kube import codec
from mtc.kube.client import Object
from mtc.store import Store
from mtc.store.errors import ObjectNotFound

#: Longer than any run; an engine that was never started again must not keep the name for ever.
_MARK_LIFE = timedelta(hours=24)
#: Tells a Backup that came out of the bucket from one of the same name: a copy has them from the file.
_FATE = ("startTimestamp", "completionTimestamp", "failureReason", "validationErrors")


async def claim(bucket: Store, files: layout.BackupFiles, uid: str) -> None:
    """Takes the name for the Backup of this uid, which may have it already. Raises NameTaken and StoreError."""
    await check(bucket, files, uid)
    await bucket.put(files.mark, codec.dumps({"uid": uid, "since": base.format_time(datetime.now(UTC))}))


async def check(bucket: Store, files: layout.BackupFiles, uid: str) -> None:
    """Makes sure that the name is free, or is that of the Backup of this uid. Raises NameTaken and StoreError."""
    found, mark = await _look(bucket, files)
    if found is not None and found["metadata"].get("uid") != uid:
        msg = f"{bucket.where} already has a backup named {files.name} of another Backup. Use another name, or delete that backup."
        raise NameTaken(msg)
    if found is None and _is_of_other(mark, uid):
        msg = f"Another Backup named {files.name} is being written to {bucket.where}, by another cluster perhaps. Use another name."
        raise NameTaken(msg)


async def release(bucket: Store, files: layout.BackupFiles) -> None:
    """Takes the mark away. Raises StoreError."""
    await bucket.delete([files.mark])


async def may_delete(bucket: Store, files: layout.BackupFiles, backup: Object) -> bool:
    """Whether the files are those of the Backup, and not of another one of the same name. Raises StoreError."""
    found, mark = await _look(bucket, files)
    return is_of(found, backup) if found is not None else not _is_of_other(mark, backup["metadata"]["uid"])


def is_of(found: Object, backup: Object) -> bool:
    """Whether a Backup of a cluster stands for the one in the bucket: it wrote the files, or it is a copy that was made from them.

    A copy has another uid, but the same fate; one that failed because the name was taken has its own.
    """
    if found["metadata"].get("uid") == backup["metadata"]["uid"]:
        return True
    theirs, ours = found.get("status") or {}, backup.get("status") or {}
    return all((theirs.get(key) or None) == (ours.get(key) or None) for key in _FATE)


def _is_of_other(mark: Object | None, uid: str) -> bool:
    """Whether another Backup is being written."""
    if mark is None or mark.get("uid") == uid:
        return False
    return datetime.now(UTC) - datetime.fromisoformat(mark["since"]) < _MARK_LIFE


async def _look(bucket: Store, files: layout.BackupFiles) -> tuple[Object | None, Object | None]:
    return await asyncio.gather(_read(bucket, files.metadata), _read(bucket, files.mark))


async def _read(bucket: Store, key: str) -> Object | None:
    try:
        found: Object = codec.loads(await bucket.get(key))
    except ObjectNotFound:
        return None
    return found
