"""Steps a Restore from New to its end.

A restore that was interrupted goes on: objects and volume restores that it made are recognised by their labels, everything else is made.
One that is deleted while it runs makes nothing more from that moment on.
"""

import asyncio
import sqlite3
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mtc import store
from mtc.api import base, names
from mtc.api.velero.restore import Restore
from mtc.engine import archive, events, layout, listing, locations, results, selection, stopping, unsupported, waiting
from mtc.engine.backup.run import now
from mtc.engine.errors import ArchiveBroken, EngineError, NotValid, told
from mtc.engine.restore import context as contexts
from mtc.engine.restore import order, run
from mtc.engine.restore.context import Context
from mtc.engine.restore.volumes import VolumeRestores
from mtc.engine.storage_locations import volume_backups
from mtc.kube import discovery, errors, patient, resources
from mtc.kube.client import Client, Object
from mtc.store import port
from mtc.store.errors import ObjectNotFound, StoreError
from mtc.telemetry import logs

FINISHED = frozenset({"Completed", "PartiallyFailed", "Failed", "FailedValidation"})
_USABLE_BACKUPS = frozenset({"Completed", "PartiallyFailed"})
#: So many errors, and so many warnings, become Events where there is no file for them.
_TOLD = 5
_POLICIES = frozenset({"", "none", "update"})


class Restores:
    """Steps the Restores of one cluster.

    Args:
        cluster: the cluster.
        helper_image: image of the container that holds pods back until their volumes are filled.
    """

    def __init__(self, cluster: Client, *, helper_image: str) -> None:
        self._cluster, self._helper_image = patient.of(cluster), helper_image
        self._log = logs.get(cluster=cluster.name)

    async def step(self, namespace: str, name: str) -> float | None:
        """One step. Returns the seconds after which to look again, None for "when it changes"."""
        restore = await self._cluster.find(resources.RESTORES, name, namespace=namespace)
        if restore is None:
            return None
        if restore["metadata"].get("deletionTimestamp"):
            await self._remove_files(restore)
            return None
        phase = (restore.get("status") or {}).get("phase") or ""
        if phase in {"", "New"}:
            restore = await self._admit(restore)
            phase = restore["status"]["phase"]
        if phase in {"InProgress", "Finalizing", "FinalizingPartiallyFailed"}:
            try:
                await stopping.unless_stopped(self._run(restore), stopping.until_removed(self._cluster, resources.RESTORES, restore))
            except stopping.Stopped as stopped:
                self._log.info("restore stopped", restore=name, reason=str(stopped))
                return 0.0  # what its finalizer stands for is still to be done
        return None

    async def _admit(self, restore: Object) -> Object:
        spec = dict(restore.get("spec") or {})
        try:
            backup = await self._backup(restore)
        except NotValid as error:
            return await self._patch(restore, {"status": {"phase": "FailedValidation", "validationErrors": error.problems}}, exactly=True)
        excluded = [*(spec.get("excludedResources") or [])]
        excluded += sorted(order.NEVER - {*excluded})
        finalizers = [*(restore["metadata"].get("finalizers") or [])]
        patch: dict[str, Any] = {
            "metadata": {"finalizers": [*finalizers, *({names.RESTORE_FINALIZER} - {*finalizers})]},
            "spec": {"backupName": backup["metadata"]["name"], "excludedResources": excluded},
            "status": {"phase": "InProgress", "startTimestamp": base.format_time(now())},
        }
        if spec.get("hooks") is None:
            patch["spec"]["hooks"] = {}
        return await self._patch(restore, patch, exactly=True)

    async def _backup(self, restore: Object) -> Object:
        """The Backup to restore from. Raises NotValid with everything that is wrong."""
        try:
            Restore.from_dict(restore)
        except base.InvalidResource as error:
            raise NotValid([str(error)]) from error
        spec, namespace = restore.get("spec") or {}, restore["metadata"]["namespace"]
        problems = _problems(spec)
        backup: Object | None = None
        try:
            backup = await self._find_backup(namespace, spec)
        except NotValid as error:
            problems += error.problems
        if problems or backup is None:
            raise NotValid(problems)
        return backup

    async def _find_backup(self, namespace: str, spec: dict[str, Any]) -> Object:
        by_name, by_schedule = spec.get("backupName"), spec.get("scheduleName")
        if bool(by_name) == bool(by_schedule):
            raise NotValid(["spec must name either backupName or scheduleName, not both and not none."])
        if by_schedule:
            selector = f"{names.SCHEDULE_NAME}={names.label_value(by_schedule)}"
            found = await self._cluster.list_all(resources.BACKUPS, namespace=namespace, label_selector=selector)
            done = [item for item in found if (item.get("status") or {}).get("phase") == "Completed"]
            if not done:
                raise NotValid([f"Schedule {by_schedule} has no completed backup in namespace {namespace}. Wait for one or name a backup."])
            return max(done, key=lambda item: item["status"].get("startTimestamp", ""))
        backup = await self._cluster.find(resources.BACKUPS, str(by_name), namespace=namespace)
        if backup is None:
            raise NotValid(
                [
                    f"Backup {namespace}/{by_name} does not exist on cluster {self._cluster.name}. Check the name, or wait until it is synced."
                ]
            )
        phase = (backup.get("status") or {}).get("phase") or "New"
        if phase not in _USABLE_BACKUPS:
            raise NotValid([f"Backup {namespace}/{by_name} is {phase}. Only a Completed or PartiallyFailed backup can be restored."])
        return backup

    async def _run(self, restore: Object) -> None:
        try:
            await self._restore(restore)
        except (errors.Unreachable, TimeoutError, ConnectionError):
            raise  # not over: tried again when the API server answers
        except (StoreError, EngineError, errors.KubeError, OSError, sqlite3.Error) as error:
            await self._fail(restore, told(error))

    async def _restore(self, restore: Object) -> None:
        meta, spec = restore["metadata"], restore["spec"]
        with tempfile.TemporaryDirectory(prefix="mtc-restore-") as place:
            folder = Path(place)
            log = results.RunLog(folder / "log.gz", restore=f"{meta['namespace']}/{meta['name']}")
            try:
                backup = await self._cluster.get(resources.BACKUPS, spec["backupName"], namespace=meta["namespace"])
                bsl = await locations.find(self._cluster, meta["namespace"], backup["spec"]["storageLocation"])
                opened = store.open_location(await locations.read(self._cluster, bsl))
                bucket = waiting.bucket(opened, cluster=self._cluster, kind=resources.RESTORES, item=restore)
                await waiting.plainly(self._with_archive(restore, backup, bsl, bucket, folder, log))
            finally:
                log.close()

    async def _with_archive(
        self, restore: Object, backup: Object, bsl: Object, bucket: store.Store, folder: Path, log: results.RunLog
    ) -> None:
        files = layout.BackupFiles(backup["metadata"]["name"])
        # Short reads, each of which waits for somebody else.
        async with asyncio.TaskGroup() as reading:
            copies = reading.create_task(self._copies(restore, bucket, files))
            volume_info = reading.create_task(_optional(bucket, files.part("volumeinfo.json.gz")))
            discovered = reading.create_task(discovery.discover(self._cluster))
            await _fetch_archive(bucket, files, folder / "contents.tar.gz")
        reader = await asyncio.to_thread(archive.Reader, folder / "contents.tar.gz", folder)
        with reader, listing.Listing(folder / "fates.sqlite") as fates:
            context = contexts.build(
                self._cluster,
                restore,
                backup,
                form=Context,
                reader=reader,
                discovered=discovered.result(),
                log=log,
                fates=fates,
                # A volume of a pod without a claim has no PersistentVolume.
                volume_info={item["pvName"]: item for item in volume_info.result() or [] if item.get("pvName")},
                copies=_by_pod(item for item in copies.result() if _has_data(item)),
                others=_by_pod(item for item in copies.result() if not _has_data(item)),
                helper_image=self._helper_image,
            )
            volumes = await run.run(context, progress=lambda done, total: self._progress(restore, done, total))
            await run.finalize(context)
            log.info("restore ended", items=context.done, errors=context.results.errors, warnings=context.results.warnings)
            log.close()
            if (bsl["spec"].get("accessMode") or "ReadWrite") == "ReadOnly":
                why = f"BackupStorageLocation {bsl['metadata']['name']} is ReadOnly."
            else:
                why = await self._upload(context, volumes, bucket, folder)
            if why:
                await self._tell_results(context, why)
            await self._end(context, volumes)

    async def _copies(self, restore: Object, bucket: store.Store, files: layout.BackupFiles) -> list[Object]:
        """The PodVolumeBackups of the backup: those that its file lists, and without such a file those of the cluster.

        The cluster may have others of the same name: of an earlier Backup, or of a run that did not come to its end.
        """
        stored = await volume_backups(bucket, files)
        if stored is not None:
            return stored
        selector = f"{names.BACKUP_NAME}={names.label_value(files.name)}"
        namespace = restore["metadata"]["namespace"]
        return await self._cluster.list_all(resources.POD_VOLUME_BACKUPS, namespace=namespace, label_selector=selector)

    async def _progress(self, restore: Object, done: int, total: int) -> None:
        await self._patch(restore, {"status": {"progress": {"itemsRestored": done, "totalItems": total}}})

    async def _upload(self, context: Context, volumes: VolumeRestores, bucket: store.Store, folder: Path) -> str:
        """Writes log and results; why that could not be done, "" where it was."""
        files = layout.RestoreFiles(context.restore["metadata"]["name"])
        documents: dict[str, Any] = {
            "results.gz": context.results.document(),
            "itemoperations.json.gz": [],
            "volumeinfo.json.gz": volumes.info(),
        }
        context.fates.write(folder / "resource-list.gz")
        trouble = ""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(bucket.put_file(files.part("logs.gz"), folder / "log.gz"))
                group.create_task(bucket.put_file(files.part("resource-list.json.gz"), folder / "resource-list.gz"))
                for suffix, document in documents.items():
                    group.create_task(bucket.put(files.part(suffix), results.packed(document)))
        except* StoreError as errors_:
            # The objects are restored all the same; what is lost is the record, so say that.
            trouble = str(waiting.first(errors_))
            context.results.warn(results.VELERO, f"Log and results of the restore could not be written: {trouble}")
        return trouble

    async def _tell_results(self, context: Context, why: str) -> None:
        """Tells by Events, and by our log, what no file tells: nobody else would see what the warnings and errors are."""
        found, kind = context.results, resources.RESTORES
        text = (
            f"Log and results of this Restore are not in the bucket: {why} Errors: {found.errors}, warnings: {found.warnings}; "
            f"the first of them are Events of the Restore, the engine's log has all."
        )
        self._log.warning("results of a restore are not in the bucket", restore=context.restore["metadata"]["name"], reason=why)
        told = [("ResultsNotStored", text)]
        told += [("RestoreError", message) for message in found.first("errors", _TOLD)]
        told += [("RestoreWarning", message) for message in found.first("warnings", _TOLD)]
        for reason, message in told:
            await events.warn(self._cluster, kind, context.restore, reason=reason, message=message, now=now())

    async def _end(self, context: Context, volumes: VolumeRestores) -> None:
        status: dict[str, Any] = {
            "phase": "PartiallyFailed" if context.results.errors else "Completed",
            "completionTimestamp": base.format_time(now()),
            "progress": {"itemsRestored": context.done, "totalItems": context.done},
            "hookStatus": {},
        }
        if context.results.errors:
            status["errors"] = context.results.errors
        if context.results.warnings:
            status["warnings"] = context.results.warnings
        patch: dict[str, Any] = {"status": status}
        if volumes.failed:
            patch["metadata"] = {"annotations": {names.PVR_ERROR_COUNT: str(volumes.failed)}}
        await self._patch(context.restore, patch)

    async def _fail(self, restore: Object, reason: str) -> None:
        self._log.error("restore failed", restore=restore["metadata"]["name"], error=reason)
        status = {"phase": "Failed", "failureReason": reason, "completionTimestamp": base.format_time(now())}
        await self._patch(restore, {"status": status})

    async def _remove_files(self, restore: Object) -> None:
        """The clean-up that our finalizer stands for. A bucket that is gone must not keep the object alive."""
        meta = restore["metadata"]
        finalizers = meta.get("finalizers") or []
        if names.RESTORE_FINALIZER not in finalizers:
            return
        backup = await self._cluster.find(resources.BACKUPS, str(restore["spec"].get("backupName")), namespace=meta["namespace"])
        if backup is not None:
            try:
                bucket = await locations.open_store(self._cluster, meta["namespace"], backup["spec"]["storageLocation"])
                await port.delete_folder(bucket, layout.RestoreFiles(meta["name"]).folder)
            except (StoreError, EngineError) as error:
                self._log.warning("files of a deleted restore stay in the bucket", restore=meta["name"], error=str(error))
        left = [item for item in finalizers if item != names.RESTORE_FINALIZER]
        await self._patch(restore, {"metadata": {"finalizers": left}})

    async def _patch(self, restore: Object, patch: dict[str, Any], *, exactly: bool = False) -> Object:
        """Merge-patches the Restore; `exactly`: only if nobody changed it since it was read (else errors.Conflict)."""
        meta = restore["metadata"]
        if exactly:
            patch = {**patch, "metadata": {**patch.get("metadata", {}), "resourceVersion": meta["resourceVersion"]}}
        return await self._cluster.patch(resources.RESTORES, meta["name"], patch, namespace=meta["namespace"])


def _problems(spec: dict[str, Any]) -> list[str]:
    resources_ = selection.Patterns.of(spec.get("includedResources"), spec.get("excludedResources"))
    found = resources_.problems("resources") + unsupported.of_restore(spec)
    found += selection.Patterns.of(spec.get("includedNamespaces"), spec.get("excludedNamespaces")).namespace_problems()
    never = sorted({*resources_.includes} & order.NEVER)
    if never:
        found.append(f"spec.includedResources names {', '.join(never)}, which are never restored. Take them off the list.")
    if spec.get("labelSelector") and spec.get("orLabelSelectors"):
        found.append("spec has both labelSelector and orLabelSelectors. Use one of them.")
    if (spec.get("existingResourcePolicy") or "") not in _POLICIES:
        found.append(f"spec.existingResourcePolicy {spec['existingResourcePolicy']!r} is not known. Use none or update.")
    return found


async def _fetch_archive(bucket: store.Store, files: layout.BackupFiles, path: Path) -> None:
    try:
        await bucket.get_file(files.contents, path)
    except ObjectNotFound as error:
        msg = f"{bucket.where} has no archive {files.contents}, so backup {files.name} cannot be restored. Was it deleted from the bucket?"
        raise ArchiveBroken(msg) from error


def _by_pod(copies: Iterable[Object]) -> dict[tuple[str, str], list[Object]]:
    found: dict[tuple[str, str], list[Object]] = {}
    for copy in copies:
        pod = copy["spec"]["pod"]
        found.setdefault((pod["namespace"], pod["name"]), []).append(copy)
    return found


def _has_data(copy: Object) -> bool:
    status = copy.get("status") or {}
    return bool(status.get("phase") == "Completed" and status.get("snapshotID"))


async def _optional(bucket: store.Store, key: str) -> Any:
    try:
        return results.unpacked(await bucket.get(key))
    except ObjectNotFound:
        return None
