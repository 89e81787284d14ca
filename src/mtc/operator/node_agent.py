"""`mtc node-agent`: which PodVolumeBackup, PodVolumeRestore or pod wakes which part of the node agent."""

import asyncio
from pathlib import Path

from mtc.engine.node_agent.backups import VolumeBackups
from mtc.engine.node_agent.pods import PodsOfNode
from mtc.engine.node_agent.restores import VolumeRestores
from mtc.engine.node_agent.transfers import Agent
from mtc.kube import resources, watch
from mtc.kube.client import Client
from mtc.movers.volumes.port import VolumeMover
from mtc.operator.loop import Loop, Ref

#: Steps wait for a place to transfer, not for a worker: one that waits must not keep another from being cancelled.
_STEPS = 10_000


async def run(cluster: Client, *, namespace: str, node: str, pods_folder: Path, concurrency: int, mover: VolumeMover) -> None:
    """Moves the volume data of one node until cancelled.

    Args:
        cluster: the cluster of the node.
        namespace: where the velero.io objects are.
        node: our node.
        pods_folder: the kubelet's folder of pods, as we see it.
        concurrency: transfers at the same time.
        mover: the program that moves the data.
    """
    agent = Agent(cluster, node, pods_folder, mover, asyncio.Semaphore(concurrency))
    pods = PodsOfNode(cluster, node)
    known_backups = watch.Cache(cluster, resources.POD_VOLUME_BACKUPS, namespace=namespace)
    known_restores = watch.Cache(cluster, resources.POD_VOLUME_RESTORES, namespace=namespace)
    backups, restores = VolumeBackups(agent, known_backups), VolumeRestores(agent, known_restores, pods)

    async def back_up(ref: Ref) -> float | None:
        return await backups.step(ref.namespace, ref.name)

    async def restore(ref: Ref) -> float | None:
        return await restores.step(ref.namespace, ref.name)

    backup_loop = Loop(cluster, resources.POD_VOLUME_BACKUPS, back_up, namespace=namespace, workers=_STEPS)
    restore_loop = Loop(cluster, resources.POD_VOLUME_RESTORES, restore, namespace=namespace, workers=_STEPS)

    def on_pod(uid: str) -> None:
        restores.pod_changed(uid, lambda namespace, name: restore_loop.wake(Ref(namespace, name)))

    async with asyncio.TaskGroup() as group:
        group.create_task(known_backups.run())
        group.create_task(known_restores.run())
        group.create_task(pods.run(on_pod))
        group.create_task(backup_loop.run())
        group.create_task(restore_loop.run())
