"""A PodVolumeBackup of our node, from New to Completed, Failed or Canceled.

Velero's states between (Accepted, Prepared) belong to pods that it starts for each transfer; ours run in this process, and what
waits for a place among them is Accepted. The parent is the newest snapshot of the same claim in the same location, so that a
second pass reads only what changed.
"""

from pathlib import Path

from mtc.api import names
from mtc.engine import repositories, stopping
from mtc.engine.errors import EngineError
from mtc.engine.node_agent import paths, transfers
from mtc.engine.node_agent.transfers import Agent
from mtc.kube import errors, resources, watch
from mtc.kube.client import Object
from mtc.movers import errors as mover_errors
from mtc.movers.volumes.port import Progress, Repository, Snapshot
from mtc.store import errors as store_errors

_KIND = resources.POD_VOLUME_BACKUPS
_SHOWN_FILES = 5


class VolumeBackups:
    """Does the PodVolumeBackups of a node.

    Args:
        agent: what the work needs.
        cache: all PodVolumeBackups, kept up to date by somebody else.
    """

    def __init__(self, agent: Agent, cache: watch.Cache) -> None:
        self._agent, self._cache = agent, cache

    async def step(self, namespace: str, name: str) -> float | None:
        """Does all of one PodVolumeBackup; those of other nodes and finished ones are left alone."""
        known = self._cache.objects.get(f"{namespace}/{name}")
        # Progress of every node wakes every agent: the cache tells what is not ours without asking.
        if known is not None and known["spec"].get("node") != self._agent.node:
            return None
        item = await self._agent.cluster.find(_KIND, name, namespace=namespace)
        if item is None or item["spec"].get("node") != self._agent.node:
            return None
        if (item.get("status") or {}).get("phase") in transfers.FINISHED:
            return None
        await self._run(item)
        return None

    async def _run(self, item: Object) -> None:
        cluster = self._agent.cluster
        if item["spec"].get("cancel"):
            await transfers.finish(
                cluster, _KIND, item, transfers.CANCELED, {"message": "Stopped on request (spec.cancel) before it began."}
            )
            return
        progress = transfers.ProgressWriter(cluster, _KIND, item)
        try:
            snapshot = await stopping.unless_stopped(
                self._copy(item, progress), transfers.until_cancelled(self._cache, item), progress.run()
            )
        except stopping.Stopped as stopped:
            if stopped.phase:
                await transfers.finish(cluster, _KIND, item, stopped.phase, {"message": str(stopped)})
            return
        except errors.KubeError as error:
            if transfers.is_transient(error):
                raise
            await transfers.finish(cluster, _KIND, item, transfers.FAILED, {"message": str(error)})
            return
        except (EngineError, mover_errors.MoverError, store_errors.StoreError) as error:
            await transfers.finish(cluster, _KIND, item, transfers.FAILED, {"message": str(error)})
            return
        await transfers.finish(cluster, _KIND, item, transfers.COMPLETED, _result(snapshot))

    async def _copy(self, item: Object, progress: transfers.ProgressWriter) -> Snapshot:
        agent, spec, namespace = self._agent, item["spec"], item["metadata"]["namespace"]
        await transfers.queue(agent, _KIND, item)
        async with agent.places:
            if (spec.get("uploaderType") or "") not in transfers.UPLOADERS:
                msg = f"This node agent moves data with restic only, and the PodVolumeBackup asks for {spec['uploaderType']}. Set uploaderType to restic."
                raise paths.VolumeTrouble(msg)
            pod = await paths.pod_of(agent.cluster, spec["pod"])
            folder = await paths.folder_of(agent.cluster, agent.pods_folder, pod, spec["volume"])
            repository = await repositories.read(
                agent.cluster, namespace=namespace, volume_namespace=spec["pod"]["namespace"], location=spec["backupStorageLocation"]
            )
            started = {"phase": transfers.IN_PROGRESS, "startTimestamp": transfers.timestamp(), "path": str(folder)}
            await transfers.write(agent.cluster, _KIND, item, started)
            parent = await self._parent(item)
            tags = {key: str(value) for key, value in (spec.get("tags") or {}).items()}
            try:
                return await agent.mover.backup(repository, folder, tags=tags, parent=parent, on_progress=progress.sink)
            except mover_errors.RepositoryNotFound:
                # Somebody emptied the bucket after the repository was found ready.
                return await self._copy_anew(repository, folder, tags, progress)

    async def _copy_anew(self, repository: Repository, folder: Path, tags: dict[str, str], progress: transfers.ProgressWriter) -> Snapshot:
        await self._agent.mover.ensure(repository)
        return await self._agent.mover.backup(repository, folder, tags=tags, on_progress=progress.sink)

    async def _parent(self, item: Object) -> str | None:
        claim = (item["metadata"].get("labels") or {}).get(names.PVC_UID)
        if not claim:
            return None
        earlier = await self._agent.cluster.list_all(
            _KIND, namespace=item["metadata"]["namespace"], label_selector=f"{names.PVC_UID}={claim}"
        )
        return newest_snapshot(earlier, item["spec"]["backupStorageLocation"])


def newest_snapshot(backups: list[Object], location: str) -> str | None:
    """The newest snapshot that restic made in the location, None when there is none."""
    usable = [
        item
        for item in backups
        if (item.get("status") or {}).get("phase") == transfers.COMPLETED
        and item["status"].get("snapshotID")
        and item["spec"].get("backupStorageLocation") == location
        and (item["spec"].get("uploaderType") or "") in transfers.UPLOADERS
    ]
    newest = max(usable, key=lambda item: str(item["status"].get("completionTimestamp") or ""), default=None)
    return str(newest["status"]["snapshotID"]) if newest else None


def _result(snapshot: Snapshot) -> dict[str, object]:
    status: dict[str, object] = {
        "snapshotID": snapshot.id,
        "progress": transfers.as_status(Progress(snapshot.total_bytes, snapshot.total_bytes)),
        "incrementalBytes": snapshot.added_bytes,
    }
    if snapshot.vanished:
        shown = ", ".join(snapshot.vanished[:_SHOWN_FILES])
        status["message"] = (
            f"{len(snapshot.vanished)} files were deleted by the application while the volume was copied, for instance {shown}."
        )
    return status
