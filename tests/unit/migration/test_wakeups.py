"""What wakes a waiting migration, and how soon."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from mtc.kube import resources, watch
from mtc.kube.access import Access
from mtc.kube.client import Client, Object
from mtc.migration import wakeups
from mtc.migration.outcome import Awaited


def _copy(version: int, *, done: int, phase: str = "InProgress", name: str = "a") -> Object:
    meta = {"name": name, "namespace": "n", "resourceVersion": str(version), "generation": version}
    return {"metadata": meta, "spec": {"volume": "data"}, "status": {"phase": phase, "progress": {"bytesDone": done}}}


async def test_progress_wakes_later_and_everything_else_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What only came further waits for a while, together with all else of the kind; an end does not wait, and takes it along."""
    told: asyncio.Queue[watch.Event] = asyncio.Queue()

    async def events(*_: Any, **__: Any) -> AsyncIterator[watch.Event]:
        while True:
            yield await told.get()

    monkeypatch.setattr(watch, "watch", events)
    monkeypatch.setattr(wakeups, "_PROGRESS_S", 3600.0)
    woken: list[str] = []
    tested = wakeups.Wakeups[str](woken.append)
    async with Client(Access(server="https://127.0.0.1:1")) as cluster:
        running = asyncio.create_task(tested.run())
        await asyncio.sleep(0)
        tested.expect("migration", [Awaited(cluster, resources.POD_VOLUME_BACKUPS, "n")])

        async def after(*found: watch.Event) -> int:
            before = len(woken)
            for event in found:
                told.put_nowait(event)
            await asyncio.sleep(0.2)
            return len(woken) - before

        assert await after(watch.Event("ADDED", _copy(1, done=0)), watch.Event("SYNCED", {})) == 1
        assert await after(*(watch.Event("MODIFIED", _copy(version, done=version)) for version in range(2, 9))) == 0
        assert await after(watch.Event("MODIFIED", _copy(9, done=9, phase="Completed"))) == 1
        assert await after(watch.Event("ADDED", _copy(10, done=0, name="b"))) == 1
        assert await after(watch.Event("DELETED", _copy(11, done=0, name="b"))) == 1
        monkeypatch.setattr(wakeups, "_PROGRESS_S", 0.01)
        assert await after(*(watch.Event("MODIFIED", _copy(version, done=version, phase="Completed")) for version in range(12, 15))) == 1
        running.cancel()
        await asyncio.wait([running])
