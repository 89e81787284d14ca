"""Keeps a BackupStorageLocation's status true, and the cluster's Backups in step with the bucket.

A location is tested when it or its Secret changes and once in its validationFrequency. The bucket is read right after a
write of our own, when somebody asks by the annotation SYNC_REQUESTED (the migration controller does, on the target, once
the source has written or deleted), and otherwise every few seconds by one LIST of folder names, since a bucket cannot be
watched. A folder without files may stay in that list (some servers keep folders as such): so of the Backups whose folders
are listed a few are looked up by their file each time, and all of them when somebody asks.
"""

import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from mtc import store
from mtc.api import base, durations, names
from mtc.engine import layout, locations, results
from mtc.engine.errors import EngineError, LocationTrouble
from mtc.kube import codec, errors, resources
from mtc.kube.client import Client, Object
from mtc.store import port
from mtc.store.errors import ObjectNotFound, StoreError
from mtc.telemetry import logs

#: Changing its value makes the engine read the bucket at once.
SYNC_REQUESTED = "migration.openshift.io/sync-requested"
#: Seconds between two looks at the bucket: one LIST request, far below any store's rate limit.
_LOOK_S = 10.0
_VALIDATE_S = 60.0
#: Backups that each look asks for by their file.
_LOOKED_UP = 5
_SYNCED_PHASES = frozenset({"Completed", "PartiallyFailed", "Failed"})


class StorageLocations:
    """Steps the BackupStorageLocations of one cluster."""

    def __init__(self, cluster: Client, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._cluster, self._clock = cluster, clock
        self._validated: dict[str, tuple[datetime, str]] = {}
        self._asked: dict[str, str] = {}
        self._turns: dict[str, int] = {}
        self._log = logs.get(cluster=cluster.name)

    async def step(self, namespace: str, name: str) -> float | None:
        """Validates and reads the bucket; the seconds until the next look."""
        bsl = await self._cluster.find(resources.BACKUP_STORAGE_LOCATIONS, name, namespace=namespace)
        if bsl is None or bsl["metadata"].get("deletionTimestamp"):
            for memory in (self._validated, self._asked, self._turns):
                memory.pop(f"{namespace}/{name}", None)
            return None
        await self._only_default(bsl)
        bucket = await self._validate(bsl)
        if bucket is None:
            return _LOOK_S
        key = f"{namespace}/{name}"
        asked = (bsl["metadata"].get("annotations") or {}).get(SYNC_REQUESTED, "")
        turn = self._turns[key] = self._turns.get(key, 0) + 1
        try:
            await Sync(self._cluster, bsl, bucket).run(turn=None if self._asked.get(key) != asked else turn)
        except StoreError as error:
            await self._tell(bsl, phase="Unavailable", message=str(error))
        else:
            self._asked[key] = asked
        return _LOOK_S

    async def _validate(self, bsl: Object) -> store.Store | None:
        """The bucket when it is usable. Tests it for real when that is due; tells the result in the status."""
        meta, spec = bsl["metadata"], bsl.get("spec") or {}
        key = f"{meta['namespace']}/{meta['name']}"
        try:
            location = await locations.read(self._cluster, bsl)
            bucket = store.open_location(location)
        except (EngineError, StoreError) as error:
            self._validated.pop(key, None)
            await self._tell(bsl, phase="Unavailable", message=str(error))
            return None
        mark = repr((spec, location.credential, location.ca))
        at, before = self._validated.get(key, (datetime.min.replace(tzinfo=UTC), ""))
        available = (bsl.get("status") or {}).get("phase") == "Available"
        if available and before == mark and self._clock() - at < _frequency(spec):
            return bucket
        try:
            await _check(bucket, read_only=spec.get("accessMode") == "ReadOnly")
        except (EngineError, StoreError) as error:
            self._validated.pop(key, None)
            await self._tell(bsl, phase="Unavailable", message=str(error))
            return None
        self._validated[key] = (self._clock(), mark)
        await self._tell(bsl, phase="Available", message="")
        return bucket

    async def _tell(self, bsl: Object, *, phase: str, message: str) -> None:
        status, now = bsl.get("status") or {}, self._clock()
        last = status.get("lastValidationTime")
        recent = last and now - datetime.fromisoformat(last) < timedelta(seconds=_VALIDATE_S)
        if status.get("phase") == phase and (status.get("message") or "") == message and recent:
            return
        if status.get("phase") != phase:
            self._log.info("storage location", location=bsl["metadata"]["name"], phase=phase, message=message)
        news = {"phase": phase, "message": message or None, "lastValidationTime": base.format_time(now)}
        meta = bsl["metadata"]
        await self._cluster.patch(resources.BACKUP_STORAGE_LOCATIONS, meta["name"], {"status": news}, namespace=meta["namespace"])

    async def _only_default(self, bsl: Object) -> None:
        """Of several default locations the newest stays default."""
        meta = bsl["metadata"]
        if not (bsl.get("spec") or {}).get("default"):
            return
        others = await self._cluster.list_all(resources.BACKUP_STORAGE_LOCATIONS, namespace=meta["namespace"])
        defaults = [item for item in others if (item.get("spec") or {}).get("default")]
        newest = max(defaults, key=lambda item: (item["metadata"]["creationTimestamp"], item["metadata"]["name"]), default=bsl)
        if newest["metadata"]["name"] != meta["name"]:
            patch = {"spec": {"default": False}}
            await self._cluster.patch(resources.BACKUP_STORAGE_LOCATIONS, meta["name"], patch, namespace=meta["namespace"])


async def request_sync(cluster: Client, bsl: Object, mark: str) -> Object:
    """Has the engine of a cluster look into the bucket at once, unless that was asked for with the same mark; the location as it is then."""
    if (bsl["metadata"].get("annotations") or {}).get(SYNC_REQUESTED) == mark:
        return bsl
    body: Object = {"metadata": {"annotations": {SYNC_REQUESTED: mark}}}
    meta = bsl["metadata"]
    return await cluster.patch(resources.BACKUP_STORAGE_LOCATIONS, meta["name"], body, namespace=meta["namespace"])


async def _check(bucket: store.Store, *, read_only: bool) -> None:
    folders = await bucket.folders("")
    foreign = sorted({*folders} - layout.TOP_FOLDERS)
    if foreign:
        some = ", ".join(foreign[:3]) + (f" and {len(foreign) - 3} more" if len(foreign) > 3 else "")
        msg = f"{bucket.where} holds folders that are not of a backup location: {some}. Use another bucket, or a prefix of its own."
        raise LocationTrouble(msg)
    if not read_only:
        # Velero only lists; a bucket that cannot be written would be found out by the first backup, too late.
        await port.probe(bucket, f"metadata/probe-{uuid.uuid4()}")


def _frequency(spec: dict[str, Any]) -> timedelta:
    chosen = spec.get("validationFrequency")
    if not chosen:
        return timedelta(seconds=_VALIDATE_S)
    frequency = durations.parse(chosen)
    return frequency if frequency > timedelta(0) else timedelta.max


class Sync:
    """Makes Backups of what is in the bucket, removes finished Backups that are no longer there."""

    def __init__(self, cluster: Client, bsl: Object, bucket: store.Store) -> None:
        self._cluster, self._bsl, self._bucket = cluster, bsl, bucket
        self._namespace, self._name = bsl["metadata"]["namespace"], bsl["metadata"]["name"]
        self._log = logs.get(cluster=cluster.name, location=self._name)

    async def run(self, *, turn: int | None = None) -> None:
        """One comparison. With a turn, only some of the Backups whose folders exist are looked up, others with each turn."""
        in_bucket = set(await self._bucket.folders(layout.BACKUPS))
        known = {item["metadata"]["name"]: item for item in await self._cluster.list_all(resources.BACKUPS, namespace=self._namespace)}
        for name in sorted(in_bucket - known.keys()):
            await self._import(name)
        finished = sorted(name for name, item in known.items() if self._is_finished(item))
        listed = [name for name in finished if name in in_bucket]
        if turn is not None and len(listed) > _LOOKED_UP:
            start = turn * _LOOKED_UP % len(listed)
            listed = (listed + listed)[start : start + _LOOKED_UP]
        trusted = in_bucket - {*listed}
        await self._forget(known[name] for name in finished if name not in trusted)

    async def _import(self, name: str) -> None:
        files = layout.BackupFiles(name)
        try:
            backup: Object = codec.loads(await self._bucket.get(files.metadata))
        except ObjectNotFound:
            return  # being written or being deleted
        except ValueError:
            self._log.warning("not a backup: its metadata is no JSON", backup=name)
            return
        phase = (backup.get("status") or {}).get("phase")
        if backup.get("kind") != "Backup" or backup["metadata"].get("name") != name or phase not in _SYNCED_PHASES:
            self._log.info("backup of the bucket is not imported", backup=name, phase=phase)
            return
        old = backup["metadata"]
        labels = {**(old.get("labels") or {}), names.STORAGE_LOCATION: names.label_value(self._name)}
        meta = {"name": name, "namespace": self._namespace, "labels": labels, "annotations": old.get("annotations") or {}}
        body = {**backup, "metadata": meta, "spec": {**backup["spec"], "storageLocation": self._name}}
        try:
            created = await self._cluster.create(resources.BACKUPS, body)
        except errors.AlreadyExists:
            return
        self._log.info("backup found in the bucket", backup=name)
        await self._import_volumes(files, created)

    async def _import_volumes(self, files: layout.BackupFiles, backup: Object) -> None:
        for copy in await volume_backups(self._bucket, files) or ():
            old = copy["metadata"]
            meta = {
                "name": old["name"],
                "namespace": self._namespace,
                "labels": {**(old.get("labels") or {}), names.BACKUP_UID: backup["metadata"]["uid"]},
                "annotations": old.get("annotations") or {},
                "ownerReferences": [
                    {"apiVersion": "velero.io/v1", "kind": "Backup", "name": backup["metadata"]["name"], "uid": backup["metadata"]["uid"],
                     "controller": True}
                ],
            }  # fmt: skip
            body = {**copy, "metadata": meta, "spec": {**copy["spec"], "backupStorageLocation": self._name}}
            try:
                await self._cluster.create(resources.POD_VOLUME_BACKUPS, body)
            except errors.AlreadyExists:
                continue

    def _is_finished(self, backup: Object) -> bool:
        finished = (backup.get("status") or {}).get("phase") in {"Completed", "PartiallyFailed"}
        return finished and (backup.get("spec") or {}).get("storageLocation") == self._name

    async def _forget(self, candidates: Iterable[Object]) -> None:
        """Deletes those that are not in the bucket: asked of it again, which may have gained one since it was listed."""
        for backup in candidates:
            name = backup["metadata"]["name"]
            if not await self._bucket.exists(layout.BackupFiles(name).metadata):
                self._log.info("backup is no longer in the bucket", backup=name)
                await self._cluster.delete(resources.BACKUPS, name, namespace=self._namespace, uid=backup["metadata"]["uid"])


async def volume_backups(bucket: store.Store, files: layout.BackupFiles) -> list[Object] | None:
    """The PodVolumeBackups that a backup's file lists; None when it has no such file."""
    try:
        return list(results.unpacked(await bucket.get(files.part("podvolumebackups.json.gz"))) or [])
    except ObjectNotFound:
        return None
