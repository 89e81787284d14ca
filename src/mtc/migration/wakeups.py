"""Keeps one watch for each awaited collection, for as long as some migration waits for it, and wakes who waits.

A change between a phase's look and the beginning of the watch is not lost: the end of the watch's first list wakes the
migration once. The first change of a burst wakes at once, all others of the burst together wake once more. That something has come
a little further wakes once a second: five volumes tell of it five times a second, and each look costs what it takes from the copying.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterable
from typing import Any, Generic, TypeVar

from mtc.kube import codec, watch
from mtc.kube.client import Object
from mtc.migration.outcome import Awaited

#: Changes come in bursts (a pod of each volume, several fields of one object); a twentieth of a second costs nobody anything.
_BURST_S = 0.05
_PROGRESS_S = 1.0
# Each write of a status changes them: these types have no status of its own.
_COUNTERS = frozenset({"resourceVersion", "generation", "managedFields"})

R = TypeVar("R", bound=Hashable)


class Wakeups(Generic[R]):
    """Who waits for what.

    Args:
        wake: called with the waiting object's name, whatever the caller uses as a name.
    """

    def __init__(self, wake: Callable[[R], None]) -> None:
        self._wake = wake
        self._waiting: dict[R, frozenset[Awaited]] = {}
        self._watches: dict[Awaited, asyncio.Task[None]] = {}
        self._bursts: dict[R, asyncio.TimerHandle] = {}
        self._more: set[R] = set()
        self._further: dict[R, asyncio.TimerHandle] = {}
        self._group: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Serves the watches until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._adjust()
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                # Before the group ends: one that is ending takes no more work.
                self._group = None

    def expect(self, ref: R, awaited: Iterable[Awaited]) -> None:
        """From now on `ref` waits for these collections and for no others."""
        wanted = frozenset(awaited)
        if wanted:
            self._waiting[ref] = wanted
        else:
            self._waiting.pop(ref, None)
        self._adjust()

    def _adjust(self) -> None:
        if self._group is None:
            return
        wanted = frozenset().union(*self._waiting.values())
        for gone in self._watches.keys() - wanted:
            self._watches.pop(gone).cancel()
        for fresh in wanted - self._watches.keys():
            self._watches[fresh] = self._group.create_task(
                self._follow(fresh), name=f"wait for {fresh.kind.plural} of {fresh.cluster.name}"
            )

    async def _follow(self, awaited: Awaited) -> None:
        synced = False
        known: dict[str, int] = {}
        events = watch.watch(awaited.cluster, awaited.kind, namespace=awaited.namespace, label_selector=awaited.label_selector)
        async for event in events:
            synced = synced or event.type == "SYNCED"
            is_progress = _is_progress(known, event)
            if synced or event.type == "LOST":
                self._tell(awaited, is_progress=is_progress)

    def _tell(self, awaited: Awaited, *, is_progress: bool) -> None:
        for ref, wanted in list(self._waiting.items()):
            if awaited not in wanted:
                continue
            if not is_progress:
                self._soon(ref)
            elif ref not in self._further:
                self._further[ref] = asyncio.get_running_loop().call_later(_PROGRESS_S, self._come_further, ref)

    def _soon(self, ref: R) -> None:
        if timer := self._further.pop(ref, None):
            timer.cancel()
        if ref in self._bursts:
            self._more.add(ref)
        else:
            self._start_burst(ref)

    def _come_further(self, ref: R) -> None:
        self._further.pop(ref, None)
        if ref in self._waiting:
            self._soon(ref)

    def _start_burst(self, ref: R) -> None:
        self._bursts[ref] = asyncio.get_running_loop().call_later(_BURST_S, self._end_burst, ref)
        self._wake(ref)

    def _end_burst(self, ref: R) -> None:
        self._bursts.pop(ref, None)
        if ref in self._more:
            self._more.discard(ref)
            if ref in self._waiting:
                self._start_burst(ref)


def _is_progress(known: dict[str, int], event: watch.Event) -> bool:
    """Whether an object that is known has changed in nothing but how far it has come."""
    if not event.object:
        return False
    key = watch.key_of(event.object)
    before = known.pop(key, None)
    if event.type in {"ADDED", "MODIFIED"}:
        known[key] = hash(codec.dumps(_without_progress(event.object)))
    return before is not None and before == known.get(key)


def _without_progress(item: Object) -> Object:
    meta = {key: value for key, value in item["metadata"].items() if key not in _COUNTERS}
    status: Any = item.get("status")
    if isinstance(status, dict):
        status = {key: value for key, value in status.items() if key != "progress"}
    return {**item, "metadata": meta, "status": status}
