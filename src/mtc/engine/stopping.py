"""Stops work whose object is taken away while it runs.

A person who cancels wants the clusters to stop changing now. A Backup, Restore or volume object that is deleted, or that is
marked for it, has nobody left who waits for its result.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from mtc.kube import watch
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType

T = TypeVar("T")

#: A Backup for which somebody has asked DeleteBackupRequest.
DELETING = "Deleting"


class Stopped(Exception):  # noqa: N818 — no error: somebody asked for it
    """The work was stopped on purpose.

    Attributes:
        phase: what becomes of the object, None when it is gone.
    """

    def __init__(self, phase: str | None, message: str) -> None:
        super().__init__(message)
        self.phase = phase


async def unless_stopped(work: Coroutine[Any, Any, T], *stops: Coroutine[Any, Any, Stopped]) -> T:
    """The result of the work; when one of the stops returns first, the work is cancelled and the stop is raised."""
    task = asyncio.create_task(work)
    others = [asyncio.create_task(stop) for stop in stops]
    try:
        await asyncio.wait({task, *others}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise next(other.result() for other in others if other.done())
    finally:
        for one in (task, *others):
            one.cancel()
        # The program that the work runs is gone when this returns.
        await asyncio.gather(task, *others, return_exceptions=True)


async def until_removed(cluster: Client, kind: ResourceType, item: Object) -> Stopped:
    """Returns when the object is deleted, is going to be, or is another one of the same name."""
    meta = item["metadata"]
    present = False
    events = watch.watch(cluster, kind, namespace=meta["namespace"], field_selector=f"metadata.name={meta['name']}")
    async for event in events:
        if event.type in {"ADDED", "MODIFIED"} and _is_same(event.object, meta["uid"]):
            present = True
        elif event.type in {"ADDED", "MODIFIED", "DELETED"} or (event.type == "SYNCED" and not present):
            break
    return Stopped(None, f"{kind.kind} {meta['namespace']}/{meta['name']} was deleted while it was at work, so the work was stopped.")


def _is_same(found: Object, uid: str) -> bool:
    meta, phase = found["metadata"], (found.get("status") or {}).get("phase")
    return meta["uid"] == uid and not meta.get("deletionTimestamp") and phase != DELETING
