"""What backups and restores have in common: a place to run, progress, a way to be stopped, and status that surely arrives."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mtc.api import base
from mtc.engine.stopping import Stopped
from mtc.kube import errors, resources, watch
from mtc.kube.client import Client, Object
from mtc.movers.volumes.port import Progress, VolumeMover
from mtc.telemetry import logs

ACCEPTED, IN_PROGRESS, COMPLETED, FAILED, CANCELED = "Accepted", "InProgress", "Completed", "Failed", "Canceled"
FINISHED = frozenset({COMPLETED, FAILED, CANCELED})
UPLOADERS = frozenset({"restic", ""})
#: Often enough for a person who watches, rare enough for an API server with hundreds of transfers.
_PROGRESS_S = 2.0
#: A result of hours of work is not thrown away because the API server restarts.
_WRITE_S = 900.0
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 15.0
_TRANSIENT = (errors.Unreachable, errors.ServerError, errors.TooManyRequests)


@dataclass(frozen=True)
class Agent:
    """What the work of a node agent needs.

    Attributes:
        cluster: the cluster.
        node: our node.
        pods_folder: the kubelet's folder of pods, as we see it.
        mover: moves the data.
        places: as many transfers run at once; backups and restores share them.
    """

    cluster: Client
    node: str
    pods_folder: Path
    mover: VolumeMover
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(4))


def is_transient(error: errors.KubeError) -> bool:
    """Whether the API server may answer better in a while."""
    return isinstance(error, _TRANSIENT)


async def until_cancelled(cache: watch.Cache, item: Object) -> Stopped:
    """Returns when somebody sets `spec.cancel` of the object or deletes it."""
    key, uid = watch.key_of(item), item["metadata"]["uid"]

    def mine() -> Object | None:
        found = cache.objects.get(key)
        return found if found is not None and found["metadata"]["uid"] == uid else None

    def is_cancelled() -> bool:
        return bool(((mine() or {}).get("spec") or {}).get("cancel"))

    # The cache may be a moment behind whoever woke us.
    await cache.wait(lambda: mine() is not None)
    await cache.wait(lambda: mine() is None or is_cancelled())
    if is_cancelled():
        return Stopped(CANCELED, "Stopped on request (spec.cancel). What was copied until then is not used.")
    return Stopped(None, "deleted")


async def write(
    cluster: Client,
    kind: resources.ResourceType,
    item: Object,
    status: Mapping[str, Any],
    *,
    annotations: Mapping[str, str] | None = None,
) -> None:
    """Changes fields of the object's status, and annotations; tried for a quarter of an hour while the API server is away."""
    meta = {"metadata": {"annotations": dict(annotations)}} if annotations else {}
    await _patch(cluster, kind, item, {"status": dict(status), **meta})


async def queue(agent: Agent, kind: resources.ResourceType, item: Object) -> None:
    """Tells that the object is in our hands although all places are taken, so that nobody takes it for forgotten."""
    if agent.places.locked() and not (item.get("status") or {}).get("phase"):
        node = {"node": agent.node} if kind is resources.POD_VOLUME_RESTORES else {}
        await write(agent.cluster, kind, item, {"phase": ACCEPTED, "acceptedTimestamp": timestamp(), **node})


async def annotate(cluster: Client, kind: resources.ResourceType, item: Object, annotations: Mapping[str, str]) -> None:
    """Sets annotations of the object, as patiently."""
    await _patch(cluster, kind, item, {"metadata": {"annotations": dict(annotations)}})


async def _patch(cluster: Client, kind: resources.ResourceType, item: Object, patch: Object) -> None:
    meta = item["metadata"]
    end = asyncio.get_running_loop().time() + _WRITE_S
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            await cluster.patch(kind, meta["name"], patch, namespace=meta["namespace"])
        except errors.NotFound:
            return
        except (*_TRANSIENT, errors.Conflict):
            # The patch names no version: a conflict is one inside of the API server, which has tried often enough for now.
            if asyncio.get_running_loop().time() + pause_s > end:
                raise
            await asyncio.sleep(pause_s)
            pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)
        else:
            return


async def finish(cluster: Client, kind: resources.ResourceType, item: Object, phase: str, status: Mapping[str, Any]) -> None:
    """Writes the result."""
    meta = item["metadata"]
    log = logs.get(kind=kind.kind, object=f"{meta['namespace']}/{meta['name']}", volume=item["spec"].get("volume"))
    log.info("volume data: done", phase=phase, message=status.get("message") or "")
    ended = {"phase": phase, "completionTimestamp": timestamp()}
    # A restart leaves words of an earlier try; null removes them.
    await write(cluster, kind, item, {"message": None, **ended, **status})


def timestamp() -> str:
    """Now, as custom resources write it."""
    return base.format_time(datetime.now(UTC))


class ProgressWriter:
    """Puts progress into the object's status while `run` runs: every two seconds at most, and only when it changed."""

    def __init__(self, cluster: Client, kind: resources.ResourceType, item: Object) -> None:
        self._cluster, self._kind, self._item = cluster, kind, item
        self._latest: Progress | None = None
        self._news = asyncio.Event()

    @property
    def sink(self) -> Callable[[Progress], None]:
        """Takes progress from the mover."""
        return self._take

    @property
    def last(self) -> dict[str, Any]:
        """The newest progress as part of a status, to be written with the result; empty where there was none."""
        return {"progress": as_status(self._latest)} if self._latest is not None else {}

    def _take(self, progress: Progress) -> None:
        if progress != self._latest:
            self._latest = progress
            self._news.set()

    async def run(self) -> Stopped:
        """Writes until cancelled; never stops the work by itself."""
        while True:
            await self._news.wait()
            self._news.clear()
            if self._latest is not None:
                await write(self._cluster, self._kind, self._item, {"progress": as_status(self._latest)})
            await asyncio.sleep(_PROGRESS_S)


def as_status(progress: Progress) -> dict[str, int]:
    """Progress as custom resources write it."""
    return {"totalBytes": progress.total_bytes, "bytesDone": progress.done_bytes}
