"""`mtc engine`: which velero.io object wakes which part of the engine."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from mtc.api import names
from mtc.engine import repositories, requests, storage_locations
from mtc.engine.backup.lifecycle import Backups
from mtc.engine.restore.lifecycle import Restores
from mtc.engine.schedules import Schedules
from mtc.engine.snapshot_locations import SnapshotLocations
from mtc.kube import resources, watch
from mtc.kube.client import Client, Object
from mtc.operator.loop import Loop, Ref, Step


def _step(call: Callable[[str, str], Awaitable[float | None]]) -> Step:
    async def step(ref: Ref) -> float | None:
        return await call(ref.namespace, ref.name)

    return step


async def run(cluster: Client, *, namespace: str, helper_image: str, concurrency: int) -> None:
    """Reconciles the velero.io objects of a namespace until cancelled.

    Args:
        cluster: the cluster to serve.
        namespace: where the objects are.
        helper_image: image of the init container that holds restored pods back.
        concurrency: Backups, and Restores, that run side by side; one that waits for volumes has a place as well.
    """
    known_locations: set[Ref] = set()

    def read_buckets() -> None:
        for ref in known_locations:
            bsl.wake(ref)

    async def locate(ref: Ref) -> float | None:
        known_locations.add(ref)
        again = await locations.step(ref.namespace, ref.name)
        if again is None:
            known_locations.discard(ref)
        return again

    locations = storage_locations.StorageLocations(cluster)
    backups = Backups(cluster, on_written=read_buckets)
    answers = requests.Requests(cluster, ended=backups.ended, on_written=read_buckets)
    restores = Restores(cluster, helper_image=helper_image)
    bsl = Loop(cluster, resources.BACKUP_STORAGE_LOCATIONS, locate, namespace=namespace)
    schedules = Loop(cluster, resources.SCHEDULES, _step(Schedules(cluster).step), namespace=namespace)
    loops = [
        bsl,
        schedules,
        Loop(cluster, resources.BACKUPS, _step(backups.step), namespace=namespace, workers=concurrency),
        Loop(cluster, resources.RESTORES, _step(restores.step), namespace=namespace, workers=concurrency),
        Loop(cluster, resources.BACKUP_REPOSITORIES, _step(repositories.Repositories(cluster).step), namespace=namespace),
        Loop(cluster, resources.VOLUME_SNAPSHOT_LOCATIONS, _step(SnapshotLocations(cluster).step), namespace=namespace),
        Loop(cluster, resources.DOWNLOAD_REQUESTS, _step(answers.download), namespace=namespace),
        Loop(cluster, resources.SERVER_STATUS_REQUESTS, _step(answers.server_status), namespace=namespace),
        Loop(cluster, resources.DELETE_BACKUP_REQUESTS, _step(answers.delete_backup), namespace=namespace),
    ]
    async with asyncio.TaskGroup() as group:
        for loop in loops:
            group.create_task(loop.run())
        # A changed credential is tried at once.
        group.create_task(_follow(watch.watch(cluster, resources.SECRETS, namespace=namespace), lambda _: read_buckets()))
        # A Schedule whose Backup has ended may make the next one.
        made = watch.watch(cluster, resources.BACKUPS, namespace=namespace, label_selector=names.SCHEDULE_NAME, metadata_only=True)
        group.create_task(_follow(made, lambda item: schedules.wake(Ref(namespace, item["metadata"]["labels"][names.SCHEDULE_NAME]))))


async def _follow(events: AsyncIterator[watch.Event], changed: Callable[[Object], None]) -> None:
    async for event in events:
        if event.type in {"ADDED", "MODIFIED", "DELETED"}:
            changed(event.object)
