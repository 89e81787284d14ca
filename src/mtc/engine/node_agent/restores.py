"""A PodVolumeRestore of a pod on our node, from New to Completed, Failed or Canceled.

Data is written only while the pod's init container `restore-wait` runs: then its volumes are mounted and its application
cannot run. A file in an emptyDir of the pod tells that container that a volume is filled; it is made before the status is
written, so that a kill between the two is repaired by the next step and not by a second transfer under a running application.
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mtc.api import names
from mtc.engine import repositories, stopping
from mtc.engine.errors import EngineError
from mtc.engine.node_agent import paths, transfers
from mtc.engine.node_agent.pods import PodsOfNode, PodState
from mtc.engine.node_agent.proofs import VolumeProofs
from mtc.engine.node_agent.transfers import Agent
from mtc.engine.restore_actions import pod_volume_restore
from mtc.engine.stopping import Stopped
from mtc.kube import errors, resources, watch
from mtc.kube.client import Object
from mtc.movers import errors as mover_errors
from mtc.store import errors as store_errors

_KIND = resources.POD_VOLUME_RESTORES
#: `uploaderSettings` that makes a volume exactly the snapshot; without it nothing is ever deleted.
DELETE_EXTRA = "DeleteExtraFiles"

Wake = Callable[[str, str], None]


class VolumeRestores:
    """Does the PodVolumeRestores of the pods of a node.

    Args:
        agent: what the work needs.
        cache: all PodVolumeRestores, kept up to date by somebody else.
        pods: the pods of the node, kept up to date by somebody else.
    """

    def __init__(self, agent: Agent, cache: watch.Cache, pods: PodsOfNode) -> None:
        self._agent, self._cache, self._pods = agent, cache, pods
        self._waiting: dict[str, set[tuple[str, str]]] = {}
        self._proofs = VolumeProofs(agent, cache, pods)

    def pod_changed(self, uid: str, wake: Wake) -> None:
        """Wakes what waits for the pod."""
        for namespace, name in self._waiting.pop(uid, ()):
            wake(namespace, name)

    async def step(self, namespace: str, name: str) -> float | None:
        """Does all of one PodVolumeRestore once its pod is ready for it; those of other nodes and finished ones are left alone."""
        await self._pods.synced.wait()
        known = self._cache.objects.get(f"{namespace}/{name}")
        # Progress of every node wakes every agent: the cache tells what is not ours without asking.
        if known is not None and self._is_elsewhere(known):
            self._forget(known)
            return None
        item = await self._agent.cluster.find(_KIND, name, namespace=namespace)
        if item is None:
            return None
        if (item.get("status") or {}).get("phase") in transfers.FINISHED or self._is_elsewhere(item):
            self._forget(item)
            if (item.get("status") or {}).get("node") == self._agent.node:
                await self._proofs.step(item)
            return None
        uid = item["spec"]["pod"].get("uid", "")
        # Before the look, so that no change of the pod between look and note is lost.
        self._waiting.setdefault(uid, set()).add((namespace, name))
        state = self._pods.states.get(uid)
        if state is None:
            await self._settle_without_pod(item)
        elif state.waiter != "waiting" or state.is_going or item["spec"].get("cancel"):
            await self._settle(item, state)
        return None

    def _forget(self, item: Object) -> None:
        uid, meta = item["spec"]["pod"].get("uid", ""), item["metadata"]
        refs = self._waiting.get(uid, set())
        refs.discard((meta["namespace"], meta["name"]))
        if not refs:
            self._waiting.pop(uid, None)

    def _is_elsewhere(self, item: Object) -> bool:
        node = (item.get("status") or {}).get("node")
        return bool(node) and node != self._agent.node

    async def _settle_without_pod(self, item: Object) -> None:
        """The pod is not on our node: not yet, never, or no longer. Whoever notices that it is gone may say so."""
        try:
            await paths.pod_of(self._agent.cluster, item["spec"]["pod"])
        except paths.VolumeTrouble as error:
            await self._finish(item, transfers.FAILED, str(error))

    async def _settle(self, item: Object, state: PodState) -> None:
        pod = item["spec"]["pod"]
        where = f"Pod {pod.get('namespace')}/{pod.get('name')}"
        if await asyncio.to_thread(_marker(self._agent, item).exists):
            await self._finish(item, transfers.COMPLETED, None)
        elif item["spec"].get("cancel"):
            await self._finish(item, transfers.CANCELED, "Stopped on request (spec.cancel) before it began.")
        elif state.is_going:
            await self._finish(item, transfers.FAILED, f"{where} is being deleted, so its volume {item['spec']['volume']} was not filled.")
        elif not state.is_ready_for_data:
            has = "has no" if state.waiter == "none" else "has left its"
            msg = (
                f"{where} {has} init container {pod_volume_restore.CONTAINER}, so its application may be running, and volume "
                f"{item['spec']['volume']} was not touched. Did a controller or a webhook replace the restored pod? Delete the pod and its "
                f"owner, and restore again."
            )
            await self._finish(item, transfers.FAILED, msg)
        else:
            await self._run(item)

    async def _run(self, item: Object) -> None:
        cluster = self._agent.cluster
        progress = transfers.ProgressWriter(cluster, _KIND, item)
        try:
            message = await stopping.unless_stopped(
                self._fill(item, progress), transfers.until_cancelled(self._cache, item), self._until_pod_stops(item), progress.run()
            )
        except Stopped as stopped:
            if stopped.phase:
                await self._finish(item, stopped.phase, str(stopped))
            return
        except errors.KubeError as error:
            if transfers.is_transient(error):
                raise
            await self._finish(item, transfers.FAILED, str(error))
            return
        except (EngineError, mover_errors.MoverError, store_errors.StoreError) as error:
            await self._finish(item, transfers.FAILED, str(error))
            return
        await self._finish(item, transfers.COMPLETED, message, progress.last)

    async def _fill(self, item: Object, progress: transfers.ProgressWriter) -> str | None:
        agent, spec, namespace = self._agent, item["spec"], item["metadata"]["namespace"]
        await transfers.queue(agent, _KIND, item)
        async with agent.places:
            if (spec.get("uploaderType") or "") not in transfers.UPLOADERS:
                msg = f"This node agent moves data with restic only, and the data of volume {spec['volume']} was stored with {spec['uploaderType']}."
                raise paths.VolumeTrouble(msg)
            pod = await paths.pod_of(agent.cluster, spec["pod"])
            folder = await paths.folder_of(agent.cluster, agent.pods_folder, pod, spec["volume"])
            marker = _marker(agent, item)
            if not await asyncio.to_thread(marker.parent.is_dir):
                msg = f"{marker.parent} does not exist, through which the pod is told that its volume is filled. Was the pod changed after its restore?"
                raise paths.VolumeTrouble(msg)
            started = {"phase": transfers.IN_PROGRESS, "startTimestamp": transfers.timestamp(), "node": agent.node}
            await transfers.write(agent.cluster, _KIND, item, started, annotations={names.PROVABLE: "true"})
            if not spec.get("snapshotID"):
                await asyncio.to_thread(marker.touch)
                return "There was nothing to restore: the volume was empty when it was backed up."
            repository = await repositories.read(
                agent.cluster,
                namespace=namespace,
                volume_namespace=spec.get("sourceNamespace") or spec["pod"]["namespace"],
                location=spec["backupStorageLocation"],
            )
            delete_extra = (spec.get("uploaderSettings") or {}).get(DELETE_EXTRA) == "true"
            await agent.mover.restore(repository, spec["snapshotID"], folder, delete_extra=delete_extra, on_progress=progress.sink)
            await asyncio.to_thread(marker.touch)
            return None

    async def _until_pod_stops(self, item: Object) -> Stopped:
        pod = item["spec"]["pod"]
        await self._pods.until_not_ready(pod.get("uid", ""))
        return Stopped(
            transfers.FAILED,
            f"Pod {pod.get('namespace')}/{pod.get('name')} was deleted, or its init container {pod_volume_restore.CONTAINER} ended, while its "
            f"volume {item['spec']['volume']} was being filled. Restore again.",
        )

    async def _finish(self, item: Object, phase: str, message: str | None, more: Mapping[str, Any] = MappingProxyType({})) -> None:
        self._forget(item)
        await transfers.finish(self._agent.cluster, _KIND, item, phase, {"message": message, **more})


def _marker(agent: Agent, item: Object) -> Path:
    """The file whose existence tells the pod that the volume is filled."""
    spec = item["spec"]
    restore = (item["metadata"].get("labels") or {}).get(names.RESTORE_UID, "")
    folder = agent.pods_folder / str(spec["pod"].get("uid", "")) / "volumes" / "kubernetes.io~empty-dir" / pod_volume_restore.VOLUME
    return folder / f"{spec['volume']}.{restore}"
