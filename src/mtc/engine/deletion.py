"""Deletes a backup: its Restores, the snapshots of its volumes, its files in the bucket, and the Backup itself last.

Safe to be killed at any point: what is gone is not looked for, and the request stays until all is gone. A Backup that never
wrote the files of its name, which are another cluster's, goes alone.
"""

import asyncio
from collections.abc import Awaitable, Callable

from mtc import store
from mtc.api import names
from mtc.engine import layout, locations, ownership, repositories
from mtc.engine.errors import EngineError
from mtc.engine.stopping import DELETING
from mtc.engine.storage_locations import volume_backups
from mtc.kube import errors, resources, watch
from mtc.kube.client import Client, Object
from mtc.movers.errors import MoverError
from mtc.store import port
from mtc.store.errors import StoreError
from mtc.telemetry import logs

_ENDED = frozenset({"Completed", "PartiallyFailed", "Failed", "FailedValidation"})
_FINISHED = frozenset({"Completed", "Failed", "Canceled"})
#: A node agent stops a copy within seconds; one that does not run any more never does, and its lock is dealt with when it is met.
_CANCELED_S = 60.0


class Deletions:
    """Deletes the backups of one cluster.

    Args:
        cluster: the cluster.
        ended: returns when no run of the Backup of this namespace and name is at work.
    """

    def __init__(self, cluster: Client, *, ended: Callable[[str, str], Awaitable[None]]) -> None:
        self._cluster, self._ended = cluster, ended
        self._log = logs.get(cluster=cluster.name)

    async def of(self, namespace: str, name: str, *, uid: str = "") -> str:
        """Deletes a backup; why not, or "". One of the name that has another UID than asked for is left alone."""
        if not name:
            return "spec.backupName is not set. Name the backup to delete."
        backup = await self._cluster.find(resources.BACKUPS, name, namespace=namespace)
        if backup is None:
            return f"Backup {namespace}/{name} does not exist."
        if uid and uid != backup["metadata"]["uid"]:
            return f"Backup {namespace}/{name} is another one than the one that was to be deleted, which is gone. It was left alone."
        location = str((backup.get("spec") or {}).get("storageLocation") or "")
        try:
            bsl = await locations.find(self._cluster, namespace, location)
            if (bsl["spec"].get("accessMode") or "ReadWrite") == "ReadOnly":
                return f"BackupStorageLocation {location} is ReadOnly, so nothing can be deleted from it."
            bucket = await locations.open_store(self._cluster, namespace, location)
            await self._delete(backup, bucket)
        except (EngineError, StoreError, MoverError) as error:
            return str(error)
        await self._cluster.delete(resources.BACKUPS, name, namespace=namespace, uid=backup["metadata"]["uid"])
        self._log.info("backup deleted", backup=name)
        return ""

    async def _delete(self, backup: Object, bucket: store.Store) -> None:
        meta = backup["metadata"]
        namespace, name = meta["namespace"], meta["name"]
        files = layout.BackupFiles(name)
        await self._mark(backup, {"phase": DELETING})
        # A run that is at work stops now, and removes what it has written so far.
        await self._ended(namespace, name)
        try:
            is_ours = await ownership.may_delete(bucket, files, backup)
            if is_ours:
                await self._delete_restores(namespace, name, bucket)
            await self._forget_volumes(backup, bucket if is_ours else None)
        except (EngineError, StoreError, MoverError):
            # Its files are there still: it can be restored as before, and deleted another time.
            await self._mark(backup, status_before(backup))
            raise
        if is_ours:
            await port.delete_folder(bucket, files.folder)
        else:
            self._log.info("files of another Backup of the same name stay in the bucket", backup=name)

    async def _mark(self, backup: Object, status: dict[str, str]) -> None:
        meta = backup["metadata"]
        await self._cluster.patch(resources.BACKUPS, meta["name"], {"status": status}, namespace=meta["namespace"])

    async def _forget_volumes(self, backup: Object, bucket: store.Store | None) -> None:
        """Forgets the snapshots of the backup's volumes; the next maintenance of their repositories frees the space.

        Args:
            backup: the Backup.
            bucket: where the list of its volumes is, None when the one there is another's.
        """
        meta = backup["metadata"]
        namespace, name = meta["namespace"], meta["name"]
        # A backup that did not come to its end has not written its list into the bucket.
        selector = f"{names.BACKUP_NAME}={names.label_value(name)}" if bucket else f"{names.BACKUP_UID}={meta['uid']}"
        copies = await self._ended_copies(namespace, selector)
        if bucket:
            copies += await volume_backups(bucket, layout.BackupFiles(name)) or []
        for volume_namespace, ids in snapshots(copies).items():
            location = str(backup["spec"]["storageLocation"])
            repository = await repositories.read(self._cluster, namespace=namespace, volume_namespace=volume_namespace, location=location)
            await repositories.default_mover().forget(repository, sorted(ids))

    async def _ended_copies(self, namespace: str, selector: str) -> list[Object]:
        """The PodVolumeBackups, after those that still ran were told to stop: each holds a lock that keeps `forget` out."""
        kind = resources.POD_VOLUME_BACKUPS
        found = await self._cluster.list_all(kind, namespace=namespace, label_selector=selector)
        running = [item["metadata"]["name"] for item in found if not _is_finished(item)]
        if not running:
            return found
        for name in running:
            try:
                await self._cluster.patch(kind, name, {"spec": {"cancel": True}}, namespace=namespace)
            except errors.NotFound:
                continue
        cache = watch.Cache(self._cluster, kind, namespace=namespace, label_selector=selector)
        follower = asyncio.create_task(cache.run())
        try:
            await cache.wait(lambda: all(map(_is_finished, cache.objects.values())), timeout_s=_CANCELED_S)
        finally:
            follower.cancel()
        return await self._cluster.list_all(kind, namespace=namespace, label_selector=selector)

    async def _delete_restores(self, namespace: str, backup: str, bucket: store.Store) -> None:
        for restore in await self._cluster.list_all(resources.RESTORES, namespace=namespace):
            if restore["spec"].get("backupName") != backup:
                continue
            name = restore["metadata"]["name"]
            await port.delete_folder(bucket, layout.RestoreFiles(name).folder)
            if names.RESTORE_FINALIZER in (restore["metadata"].get("finalizers") or []):
                await self._cluster.patch(resources.RESTORES, name, {"metadata": {"finalizers": None}}, namespace=namespace)
            await self._cluster.delete(resources.RESTORES, name, namespace=namespace)


def status_before(backup: Object) -> dict[str, str]:
    """The status of a Backup that is not deleted after all: where an earlier try has marked it already, told from how it ended."""
    status = backup.get("status") or {}
    if status.get("phase") in _ENDED:
        return {"phase": status["phase"]}
    if status.get("validationErrors"):
        return {"phase": "FailedValidation"}
    if status.get("failureReason"):
        return {"phase": "Failed"}
    if not status.get("completionTimestamp"):
        return {"phase": "Failed", "failureReason": "It was stopped to be deleted, and is not in the bucket."}
    return {"phase": "PartiallyFailed" if status.get("errors") else "Completed"}


def snapshots(copies: list[Object]) -> dict[str, set[str]]:
    """The restic snapshots of PodVolumeBackups, by the namespace of the volumes."""
    found: dict[str, set[str]] = {}
    for copy in copies:
        snapshot = (copy.get("status") or {}).get("snapshotID")
        if snapshot and copy["spec"].get("uploaderType") in {"restic", ""}:
            found.setdefault(copy["spec"]["pod"]["namespace"], set()).add(snapshot)
    return found


def _is_finished(copy: Object) -> bool:
    return (copy.get("status") or {}).get("phase") in _FINISHED
