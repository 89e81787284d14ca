"""Steps a Backup from New to its end.

Safe to be killed at any point: an unfinished run is started again and uses the volume copies that exist; a run that cannot be finished becomes Failed with its files removed.
A Backup that is deleted while it runs stops at once, and its files are removed as well.
"""

import asyncio
import sqlite3
from datetime import datetime, timedelta
from typing import Any

from mtc.api import base, durations, names
from mtc.api.velero.backup import Backup
from mtc.engine import layout, locations, ownership, selection, stopping, unsupported, waiting
from mtc.engine.backup import run
from mtc.engine.backup.context import excluded_namespaces
from mtc.engine.errors import EngineError, LocationTrouble, NameTaken, NotValid, told
from mtc.kube import codec, errors, patient, resources
from mtc.kube.client import Client, Object
from mtc.store.errors import StoreError
from mtc.store.patient import PATIENCE_S
from mtc.telemetry import logs

_DEFAULT_TTL = "720h0m0s"
#: What Velero's server fills in; its tools show these fields.
_DEFAULTS = {"csiSnapshotTimeout": "10m0s", "itemOperationTimeout": "4h0m0s", "snapshotMoveData": False}
#: How often an expired backup that could not be deleted is tried again.
_EXPIRED_AGAIN_S = 3600.0
#: How often a location that cannot be used is looked at again.
_UNAVAILABLE_AGAIN_S = 5.0
_NEW = ("", "New", "Queued", "ReadyToStart")
FINISHED = frozenset({"Completed", "PartiallyFailed", "Failed", "FailedValidation"})


class Backups:
    """Steps the Backups of one cluster.

    Args:
        cluster: the cluster.
        on_written: called after a backup was written or removed, so that the bucket is read again at once.
    """

    def __init__(self, cluster: Client, *, on_written: Any = None) -> None:
        self._cluster = patient.of(cluster)
        self._on_written = on_written or (lambda: None)
        self._log = logs.get(cluster=cluster.name)
        self._at_work: dict[tuple[str, str], asyncio.Event] = {}

    async def ended(self, namespace: str, name: str) -> None:
        """Returns when no run of this Backup is at work here."""
        if found := self._at_work.get((namespace, name)):
            await found.wait()

    async def step(self, namespace: str, name: str) -> float | None:
        """One step. Returns the seconds after which to look again, None for "when it changes"."""
        backup = await self._cluster.find(resources.BACKUPS, name, namespace=namespace)
        if backup is None or backup["metadata"].get("deletionTimestamp"):
            return None
        phase = (backup.get("status") or {}).get("phase") or ""
        if phase in _NEW:
            try:
                backup = await self._admit(backup)
            except LocationTrouble as trouble:
                await self._wait(backup, str(trouble))
                return _UNAVAILABLE_AGAIN_S
            phase = backup["status"]["phase"]
        if phase in {"InProgress", "Finalizing", "FinalizingPartiallyFailed"}:
            over = self._at_work[namespace, name] = asyncio.Event()
            try:
                await self._run(backup)
            finally:
                self._at_work.pop((namespace, name))
                over.set()
            return None
        # One whose deletion failed half-way is asked for again when its time is over.
        return await self._expire(backup) if phase in FINISHED | {stopping.DELETING} else None

    async def _admit(self, backup: Object) -> Object:
        """Validates and defaults a new Backup; the object after that."""
        version = await self._cluster.version()
        spec = dict(backup.get("spec") or {})
        try:
            _validate(backup, spec)
            spec["storageLocation"] = await self._location(backup, spec)
        except NotValid as error:
            return await self._patch(backup, {"status": {"phase": "FailedValidation", "validationErrors": error.problems, "version": 1}})
        excluded = await excluded_namespaces(self._cluster)
        started = run.now()
        # Velero's command line writes "0s" for durations that nobody chose.
        chosen = {key: value for key, value in spec.items() if value is not None and value != "0s"}
        ttl = chosen.get("ttl") or _DEFAULT_TTL
        patch: dict[str, Any] = {
            "metadata": {
                "labels": {names.STORAGE_LOCATION: names.label_value(spec["storageLocation"])},
                "annotations": {
                    names.WAITING_FOR: None,
                    names.SOURCE_CLUSTER_GIT_VERSION: version["gitVersion"],
                    names.SOURCE_CLUSTER_MAJOR_VERSION: version["major"],
                    names.SOURCE_CLUSTER_MINOR_VERSION: version["minor"],
                },
            },
            "spec": {
                "storageLocation": spec["storageLocation"],
                "ttl": ttl,
                "includedNamespaces": spec.get("includedNamespaces") or ["*"],
                "excludedNamespaces": sorted({*(spec.get("excludedNamespaces") or []), *excluded}) or None,
                "hooks": spec.get("hooks") or {},
                **{key: value for key, value in _DEFAULTS.items() if key not in chosen},
                "defaultVolumesToFsBackup": bool(spec.get("defaultVolumesToFsBackup") or spec.get("defaultVolumesToRestic")),
            },
            "status": {
                "phase": "InProgress",
                "version": 1,
                "formatVersion": layout.FORMAT_VERSION,
                "startTimestamp": base.format_time(started),
                "expiration": base.format_time(started + durations.parse(ttl)),
            },
        }
        return await self._patch(backup, patch)

    async def _location(self, backup: Object, spec: dict[str, Any]) -> str:
        """The name of the location to use.

        Raises:
            NotValid: there is none that can take a backup.
            LocationTrouble: there may be one in a while.
        """
        namespace = backup["metadata"]["namespace"]
        if spec.get("storageLocation"):
            try:
                bsl = await locations.find(self._cluster, namespace, spec["storageLocation"])
            except LocationTrouble as error:
                raise NotValid([str(error)]) from error
        else:
            found = await locations.default(self._cluster, namespace)
            if found is None:
                raise NotValid(
                    [f"spec.storageLocation is not set and namespace {namespace} has no default BackupStorageLocation. Name one."]
                )
            bsl = found
        name = bsl["metadata"]["name"]
        if (bsl["spec"].get("accessMode") or "ReadWrite") == "ReadOnly":
            raise NotValid(
                [f"BackupStorageLocation {name} is ReadOnly, so no backup can be written. Use another one or change its accessMode."]
            )
        status = bsl.get("status") or {}
        if status.get("phase") == "Unavailable":
            message = f"BackupStorageLocation {name} is Unavailable: {status.get('message') or 'see its status'}"
            if _is_worth_waiting(backup):
                raise LocationTrouble(message)
            raise NotValid([message])
        return str(name)

    async def _run(self, backup: Object) -> None:
        meta, spec = backup["metadata"], backup["spec"]
        files = layout.BackupFiles(meta["name"])
        try:
            bucket = await locations.open_store(self._cluster, meta["namespace"], spec["storageLocation"])
            target = waiting.bucket(bucket, cluster=self._cluster, kind=resources.BACKUPS, item=backup)
            await ownership.claim(target, files, meta["uid"])
        except (StoreError, LocationTrouble, NameTaken) as error:
            await self._end(backup, error)
            return

        async def progress(stored: int, total: int) -> None:
            await self._patch(backup, {"status": {"progress": {"itemsBackedUp": stored, "totalItems": total}}}, again=False)

        final: Object = {}

        def finish(finished: run.Finished) -> Object:
            final.update(_ended(finished))
            return codec.loads(codec.dumps({**backup, "status": {**backup["status"], **final}}))  # type: ignore[no-any-return]

        try:
            await stopping.unless_stopped(
                waiting.plainly(run.run(self._cluster, backup, target, progress=progress, finish=finish)),
                stopping.until_removed(self._cluster, resources.BACKUPS, backup),
            )
        except stopping.Stopped as stopped:
            self._log.info("backup stopped", backup=meta["name"], reason=str(stopped))
            await run.remove(bucket, files, meta["uid"])
            return
        except (errors.Unreachable, TimeoutError, ConnectionError):
            # The run is not over: it is started again when the API server answers.
            raise
        except (StoreError, EngineError, errors.KubeError, OSError, sqlite3.Error) as error:
            await run.remove(bucket, files, meta["uid"])
            await self._end(backup, error)
            return
        await self._patch(backup, {"status": final}, again=False)
        self._on_written()

    async def _wait(self, backup: Object, reason: str) -> None:
        if (backup["metadata"].get("annotations") or {}).get(names.WAITING_FOR) != reason:
            await waiting.say(self._cluster, resources.BACKUPS, backup, reason)

    async def _end(self, backup: Object, error: Exception) -> None:
        failure = told(error)
        self._log.error("backup failed", backup=backup["metadata"]["name"], error=failure)
        status: dict[str, Any] = {"phase": "Failed", "failureReason": failure, "completionTimestamp": base.format_time(run.now())}
        if isinstance(error, NameTaken):
            # Whoever deletes by expiration must not come upon the files of the other Backup.
            status["expiration"] = None
        await self._patch(backup, {"status": status}, again=False)

    async def _patch(self, backup: Object, patch: dict[str, Any], *, again: bool = True) -> Object:
        """Merge-patches the Backup. With `again`, only if nobody changed it since it was read (else errors.Conflict)."""
        meta = backup["metadata"]
        if again:
            patch = {**patch, "metadata": {**patch.get("metadata", {}), "resourceVersion": meta["resourceVersion"]}}
        return await self._cluster.patch(resources.BACKUPS, meta["name"], patch, namespace=meta["namespace"])

    async def _expire(self, backup: Object) -> float | None:
        """Asks for the deletion of a backup whose time is over; the seconds until then."""
        expiration = (backup.get("status") or {}).get("expiration")
        if not expiration:
            return None
        left_s = (datetime.fromisoformat(expiration) - run.now()) / timedelta(seconds=1)
        if left_s > 0:
            return left_s
        meta, kind = backup["metadata"], resources.DELETE_BACKUP_REQUESTS
        labels = {names.BACKUP_NAME: names.label_value(meta["name"]), names.BACKUP_UID: meta["uid"]}
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        if not await self._cluster.list_all(kind, namespace=meta["namespace"], label_selector=selector):
            body = {
                "apiVersion": kind.api_version,
                "kind": kind.kind,
                "metadata": {"generateName": f"{meta['name'][:57]}-", "namespace": meta["namespace"], "labels": labels},
                "spec": {"backupName": meta["name"]},
            }
            self._log.info("backup has expired", backup=meta["name"])
            await self._cluster.create(kind, body)
        return _EXPIRED_AGAIN_S


def _validate(backup: Object, spec: dict[str, Any]) -> None:
    try:
        Backup.from_dict(backup)
    except base.InvalidResource as error:
        raise NotValid([str(error)]) from error
    problems = selection.conflicts(spec) + unsupported.of_backup(spec)
    problems += selection.Patterns.of(spec.get("includedNamespaces"), spec.get("excludedNamespaces")).namespace_problems()
    problems += selection.Patterns.of(spec.get("includedResources"), spec.get("excludedResources")).problems("resources")
    if spec.get("ttl"):
        try:
            durations.parse(spec["ttl"])
        except durations.InvalidDuration as error:
            problems.append(f"spec.ttl: {error}")
    if problems:
        raise NotValid(problems)


def _is_worth_waiting(backup: Object) -> bool:
    """Whether a location that cannot be used may become usable in time: a migration that is under way is not failed for a moment's trouble."""
    meta = backup["metadata"]
    age = run.now() - datetime.fromisoformat(meta["creationTimestamp"])
    return names.MIGRATED_BY_MIGMIGRATION in (meta.get("labels") or {}) and age < timedelta(seconds=PATIENCE_S)


def _ended(finished: run.Finished) -> dict[str, Any]:
    status: dict[str, Any] = {
        "phase": "PartiallyFailed" if finished.errors else "Completed",
        "completionTimestamp": base.format_time(run.now()),
        "progress": {"totalItems": finished.items, "itemsBackedUp": finished.items},
        "hookStatus": {},
    }
    if finished.errors:
        status["errors"] = finished.errors
    if finished.warnings:
        status["warnings"] = finished.warnings
    return status
