"""Short requests: DownloadRequest, ServerStatusRequest, DeleteBackupRequest. Each is answered in its status."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import mtc
from mtc import store
from mtc.api import base, names
from mtc.engine import actions, backup_actions, layout, locations, repositories, restore_actions
from mtc.engine.errors import EngineError
from mtc.engine.stopping import DELETING
from mtc.engine.storage_locations import volume_backups
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.movers.errors import MoverError
from mtc.store import port
from mtc.store.errors import StoreError
from mtc.telemetry import logs

#: How long a download URL works, and how long its request is kept; Velero's figure.
_URL_LIFE = timedelta(minutes=10)
_STATUS_LIFE = timedelta(minutes=1)
_FAILED_DELETE_LIFE = timedelta(hours=24)


def _now() -> datetime:
    return datetime.now(UTC)


def _seconds_until(moment: datetime) -> float:
    return max((moment - _now()).total_seconds(), 0.0)


class Requests:
    """Answers the requests of one cluster.

    Args:
        cluster: the cluster.
        ended: returns when no run of the Backup of this namespace and name is at work.
        on_written: called after a backup was removed, so that the bucket is read again at once.
    """

    def __init__(self, cluster: Client, *, ended: Callable[[str, str], Awaitable[None]], on_written: Any = None) -> None:
        self._cluster, self._ended = cluster, ended
        self._on_written = on_written or (lambda: None)
        self._log = logs.get(cluster=cluster.name)

    async def download(self, namespace: str, name: str) -> float | None:
        """Answers a DownloadRequest with a URL; removes it when that has expired."""
        kind = resources.DOWNLOAD_REQUESTS
        request = await self._cluster.find(kind, name, namespace=namespace)
        if request is None:
            return None
        status = request.get("status") or {}
        if status.get("phase") in {"Processed", "Failed"}:
            expires = datetime.fromisoformat(status["expiration"]) if status.get("expiration") else _now()
            return await self._remove_at(kind, request, expires)
        expires = _now() + _URL_LIFE
        news: dict[str, Any] = {"expiration": base.format_time(expires)}
        try:
            news |= {"phase": "Processed", "downloadURL": await self._url(namespace, request["spec"].get("target") or {})}
        except (EngineError, StoreError) as error:
            news |= {"phase": "Failed", "message": str(error)}
        await self._cluster.patch(kind, name, {"status": news}, namespace=namespace)
        return _seconds_until(expires)

    async def _url(self, namespace: str, target: dict[str, Any]) -> str:
        kind, name = str(target.get("kind", "")), str(target.get("name", ""))
        key = layout.download_key(kind, name)
        if key is None:
            msg = f"spec.target.kind {kind!r} is not known. Use one of BackupContents, {', '.join([*layout.BACKUP_TARGETS, *layout.RESTORE_TARGETS])}."
            raise EngineError(msg)
        backup_name = name
        if kind in layout.RESTORE_TARGETS:
            restore = await self._cluster.find(resources.RESTORES, name, namespace=namespace)
            if restore is None:
                msg = f"Restore {namespace}/{name} of spec.target does not exist."
                raise EngineError(msg)
            backup_name = restore["spec"].get("backupName", "")
        backup = await self._cluster.find(resources.BACKUPS, backup_name, namespace=namespace)
        if backup is None:
            msg = f"Backup {namespace}/{backup_name} does not exist, so nobody knows in which bucket {kind} of {name} is."
            raise EngineError(msg)
        bucket = await locations.open_store(self._cluster, namespace, backup["spec"]["storageLocation"])
        return await bucket.sign(key, _URL_LIFE)

    async def server_status(self, namespace: str, name: str) -> float | None:
        """Answers a ServerStatusRequest; removes it a minute later."""
        kind = resources.SERVER_STATUS_REQUESTS
        request = await self._cluster.find(kind, name, namespace=namespace)
        if request is None:
            return None
        status = request.get("status") or {}
        if status.get("phase") == "Processed":
            return await self._remove_at(kind, request, datetime.fromisoformat(status["processedTimestamp"]) + _STATUS_LIFE)
        plugins = [
            {"name": action.name, "kind": label}
            for folder, label in ((backup_actions, "BackupItemAction"), (restore_actions, "RestoreItemAction"))
            for action in actions.load(folder)
        ]
        now = _now()
        news = {
            "phase": "Processed",
            "processedTimestamp": base.format_time(now),
            "serverVersion": f"mtc-v{mtc.__version__}",
            "plugins": plugins,
        }
        await self._cluster.patch(kind, name, {"status": news}, namespace=namespace)
        return _STATUS_LIFE.total_seconds()

    async def _remove_at(self, kind: resources.ResourceType, request: Object, moment: datetime) -> float | None:
        left = _seconds_until(moment)
        if left > 0:
            return left
        meta = request["metadata"]
        await self._cluster.delete(kind, meta["name"], namespace=meta["namespace"], uid=meta["uid"])
        return None

    async def delete_backup(self, namespace: str, name: str) -> float | None:
        """Carries a DeleteBackupRequest out: files in the bucket, Restores of the backup, the Backup, the request."""
        kind = resources.DELETE_BACKUP_REQUESTS
        request = await self._cluster.find(kind, name, namespace=namespace)
        if request is None:
            return None
        status = request.get("status") or {}
        if status.get("phase") == "Processed":
            created = datetime.fromisoformat(request["metadata"]["creationTimestamp"])
            return await self._remove_at(kind, request, created + _FAILED_DELETE_LIFE if status.get("errors") else _now())
        backup_name = str(request["spec"].get("backupName") or "")
        problem = await self._delete(namespace, backup_name)
        if problem:
            news = {"phase": "Processed", "errors": [problem]}
            await self._cluster.patch(kind, name, {"status": news}, namespace=namespace)
            return _FAILED_DELETE_LIFE.total_seconds()
        await self._cluster.delete(kind, name, namespace=namespace)
        self._on_written()
        return None

    async def _delete(self, namespace: str, name: str) -> str:
        """Deletes a backup; why not, or ""."""
        if not name:
            return "spec.backupName is not set. Name the backup to delete."
        backup = await self._cluster.find(resources.BACKUPS, name, namespace=namespace)
        if backup is None:
            return f"Backup {namespace}/{name} does not exist."
        location = str((backup.get("spec") or {}).get("storageLocation") or "")
        try:
            bsl = await locations.find(self._cluster, namespace, location)
            if (bsl["spec"].get("accessMode") or "ReadWrite") == "ReadOnly":
                return f"BackupStorageLocation {location} is ReadOnly, so nothing can be deleted from it."
            bucket = await locations.open_store(self._cluster, namespace, location)
            await self._cluster.patch(resources.BACKUPS, name, {"status": {"phase": DELETING}}, namespace=namespace)
            # A run that is at work stops now, and removes what it has written so far.
            await self._ended(namespace, name)
            await self._delete_restores(namespace, name, bucket)
            await self._forget_volumes(namespace, name, location, bucket)
            await port.delete_folder(bucket, layout.BackupFiles(name).folder)
        except (EngineError, StoreError, MoverError) as error:
            return str(error)
        await self._cluster.delete(resources.BACKUPS, name, namespace=namespace)
        self._log.info("backup deleted", backup=name)
        return ""

    async def _forget_volumes(self, namespace: str, backup: str, location: str, bucket: store.Store) -> None:
        """Forgets the snapshots of the backup's volumes; the next maintenance of their repositories frees the space."""
        selector = f"{names.BACKUP_NAME}={names.label_value(backup)}"
        # A backup that did not come to its end has not written its list into the bucket.
        live = await self._cluster.list_all(resources.POD_VOLUME_BACKUPS, namespace=namespace, label_selector=selector)
        snapshots: dict[str, set[str]] = {}
        for copy in [*await volume_backups(bucket, layout.BackupFiles(backup)), *live]:
            snapshot = (copy.get("status") or {}).get("snapshotID")
            if snapshot and copy["spec"].get("uploaderType") in {"restic", ""}:
                snapshots.setdefault(copy["spec"]["pod"]["namespace"], set()).add(snapshot)
        for volume_namespace, ids in snapshots.items():
            repository = await repositories.read(self._cluster, namespace=namespace, volume_namespace=volume_namespace, location=location)
            await repositories.default_mover().forget(repository, sorted(ids))

    async def _delete_restores(self, namespace: str, backup: str, bucket: store.Store) -> None:
        for restore in await self._cluster.list_all(resources.RESTORES, namespace=namespace):
            if restore["spec"].get("backupName") != backup:
                continue
            name = restore["metadata"]["name"]
            await port.delete_folder(bucket, layout.RestoreFiles(name).folder)
            if names.RESTORE_FINALIZER in (restore["metadata"].get("finalizers") or []):
                await self._cluster.patch(resources.RESTORES, name, {"metadata": {"finalizers": None}}, namespace=namespace)
            await self._cluster.delete(resources.RESTORES, name, namespace=namespace)
