"""Short requests: DownloadRequest, ServerStatusRequest, DeleteBackupRequest. Each is answered in its status."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import mtc
from mtc.api import base, names
from mtc.engine import actions, backup_actions, layout, locations, restore_actions
from mtc.engine.deletion import Deletions
from mtc.engine.errors import EngineError
from mtc.kube import resources
from mtc.kube.client import Client, Object
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
        self._cluster, self._deletions = cluster, Deletions(cluster, ended=ended)
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
        uid = str((request["metadata"].get("labels") or {}).get(names.BACKUP_UID) or "")
        problem = await self._deletions.of(namespace, backup_name, uid=uid)
        if problem:
            news = {"phase": "Processed", "errors": [problem]}
            await self._cluster.patch(kind, name, {"status": news}, namespace=namespace)
            return _FAILED_DELETE_LIFE.total_seconds()
        await self._cluster.delete(kind, name, namespace=namespace)
        self._on_written()
        return None
