"""Keeps one watch for each awaited collection, for as long as some migration waits for it, and wakes who waits.

A change between a phase's look and the beginning of the watch is not lost: the end of the watch's first list wakes the
migration once. The first change of a burst wakes at once, all others of the burst together wake once more.
"""

import asyncio
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

from mtc.kube import watch
from mtc.migration.outcome import Awaited

#: Changes come in bursts (a pod of each volume, several fields of one object); a twentieth of a second costs nobody anything.
_BURST_S = 0.05

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
        events = watch.watch(awaited.cluster, awaited.kind, namespace=awaited.namespace, label_selector=awaited.label_selector)
        async for event in events:
            synced = synced or event.type == "SYNCED"
            if synced or event.type == "LOST":
                self._tell(awaited)

    def _tell(self, awaited: Awaited) -> None:
        for ref, wanted in list(self._waiting.items()):
            if awaited not in wanted:
                continue
            if ref in self._bursts:
                self._more.add(ref)
            else:
                self._start_burst(ref)

    def _start_burst(self, ref: R) -> None:
        self._bursts[ref] = asyncio.get_running_loop().call_later(_BURST_S, self._end_burst, ref)
        self._wake(ref)

    def _end_burst(self, ref: R) -> None:
        self._bursts.pop(ref, None)
        if ref in self._more:
            self._more.discard(ref)
            if ref in self._waiting:
                self._start_burst(ref)
