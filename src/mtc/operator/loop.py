"""From events to steps: one queue per kind, each object stepped by one worker at a time, never twice at once.

An object is stepped after every change of it, when somebody calls `wake`, and again when its step asked for it. Events
that arrive while it is being stepped lead to exactly one more step afterwards. A step that raises is tried again with
back-off; nothing it raises ends the process.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable
from dataclasses import dataclass

from mtc import errors
from mtc.kube import resources, watch
from mtc.kube.client import Client
from mtc.telemetry import logs, requests

#: For steps that wait for networks most of the time: many objects with a cluster that hangs must not keep the others waiting.
MANY_WORKERS = 64
_FIRST_BACKOFF_S = 0.5
_LONGEST_BACKOFF_S = 60.0
#: What a step writes comes back as events, within this time where nobody is busy; a step that took long says that somebody is.
_SHORTEST_REST_S = 0.25
_LONGEST_REST_S = 2.0
_CHANGES = frozenset({"ADDED", "MODIFIED", "DELETED"})


@dataclass(frozen=True, slots=True)
class Ref:
    """Names one object of a kind."""

    namespace: str
    name: str


#: One idempotent piece of work on an object. Returns the seconds after which to step again, None for "when it changes".
#: The object may be gone: a step looks for itself.
Step = Callable[[Ref], Awaitable[float | None]]


class Loop:
    """Steps the objects of one kind of one cluster.

    Args:
        cluster: where the objects live.
        kind: their type.
        step: what to do with one.
        namespace: only objects of this namespace.
        workers: how many objects are stepped at the same time.
        label_selector: only objects that match.
        on: the types of events that wake.
        rests: whether an object rests for a moment after each step, so that the changes which the step itself has made, and
            others of that time, lead to one more step and not to one each.
    """

    def __init__(
        self,
        cluster: Client,
        kind: resources.ResourceType,
        step: Step,
        *,
        namespace: str | None = None,
        workers: int = 8,
        label_selector: str = "",
        on: Collection[str] = _CHANGES,
        rests: bool = False,
    ) -> None:
        self._on, self._rests = on, rests
        self._cluster, self._kind, self._step = cluster, kind, step
        self._namespace, self._selector = namespace, label_selector
        self._places = asyncio.Semaphore(workers)
        self._running: dict[Ref, asyncio.Task[None]] = {}
        # Those that were woken while they could not be started: they are being stepped, or the loop does not run yet.
        self._dirty: set[Ref] = set()
        # The version at which the last step left an object, and the latest one that an event told of while it was being stepped.
        self._left: dict[Ref, str] = {}
        self._told: dict[Ref, str] = {}
        # The same of other objects: what the last step made, and what appeared while it did.
        self._made: dict[Ref, frozenset[Hashable]] = {}
        self._found: dict[Ref, dict[Hashable, float]] = {}
        self._timers: dict[Ref, asyncio.TimerHandle] = {}
        self._failures: dict[Ref, int] = {}
        self._group: asyncio.TaskGroup | None = None
        self._log = logs.get(kind=kind.kind, cluster=cluster.name)

    async def run(self) -> None:
        """Watches and steps until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            for ref in tuple(self._dirty):
                self._dirty.discard(ref)
                self._start(ref)
            try:
                await self._follow()
            finally:
                # Before the group ends: one that is ending takes no more work, and a timer that fires later would find none.
                self._group = None
                for timer in self._timers.values():
                    timer.cancel()
                self._timers.clear()

    async def _follow(self) -> None:
        # Steps read for themselves: who wakes them needs names only.
        events = watch.watch(self._cluster, self._kind, namespace=self._namespace, label_selector=self._selector, metadata_only=True)
        async for event in events:
            if event.type == "LOST":
                if not event.is_known:
                    self._log.warning("watch lost, trying again", error=str(event.error))
            elif event.type in self._on:
                meta = event.object["metadata"]
                ref = Ref(meta.get("namespace", ""), meta["name"])
                if event.type == "MODIFIED":
                    self._changed(ref, meta["resourceVersion"])
                else:
                    self.left(ref, "")
                    self.wake(ref)

    def left(self, ref: Ref, version: str, made: Iterable[Hashable] = ()) -> None:
        """Tells what a step leaves behind, because the events that tell of just this wake nobody.

        Args:
            ref: the object.
            version: the resourceVersion at which it stands; "" for unknown.
            made: other objects, as `wake` will name them.
        """
        self._left.pop(ref, None)
        self._made.pop(ref, None)
        if version:
            self._left[ref] = version
        if others := frozenset(made):
            self._made[ref] = others

    def _changed(self, ref: Ref, version: str) -> None:
        if ref in self._running:
            self._told[ref] = version
        elif self._left.get(ref) != version:
            self.wake(ref)

    def wake(self, ref: Ref, *, after_s: float = 0.0, found: Hashable = None) -> None:
        """Steps an object soon (after `after_s` seconds, and once the loop runs); an earlier wake-up that is due later is replaced.

        Where the reason is another object, `found` names it: nothing happens if the object's last step has made it.
        """
        if found is not None and ref in self._running:
            self._found.setdefault(ref, {})[found] = after_s
            return
        if found is not None and found in self._made.get(ref, ()):
            return
        timer = self._timers.pop(ref, None)
        loop = asyncio.get_running_loop()
        if after_s > 0:
            if timer and timer.when() <= loop.time() + after_s:
                self._timers[ref] = timer
                return
            if timer:
                timer.cancel()
            self._timers[ref] = loop.call_later(after_s, self._start, ref)
            return
        if timer:
            timer.cancel()
        self._start(ref)

    def _start(self, ref: Ref) -> None:
        if timer := self._timers.pop(ref, None):
            timer.cancel()
        if ref in self._running or self._group is None:
            self._dirty.add(ref)
        else:
            self._running[ref] = self._group.create_task(self._work(ref), name=f"{self._kind.kind} {ref.namespace}/{ref.name}")

    async def _work(self, ref: Ref) -> None:
        again: float | None = None
        requests.asked_for.set(self._kind.kind)
        try:
            async with self._places:
                began = time.monotonic()
                again = await self._guarded(ref)
            if self._rests:
                await asyncio.sleep(min(max(time.monotonic() - began, _SHORTEST_REST_S), _LONGEST_REST_S))
        finally:
            del self._running[ref]
            told = self._told.pop(ref, "")
            made = self._made.get(ref, ())
            found = [after_s for what, after_s in self._found.pop(ref, {}).items() if what not in made]
        if ref in self._dirty or (told and told != self._left.get(ref)):
            self._dirty.discard(ref)
            self._start(ref)
            return
        if found:
            self.wake(ref, after_s=min(found))
        if again is not None:
            self.wake(ref, after_s=max(again, 0.001))

    async def _guarded(self, ref: Ref) -> float | None:
        """One step; an exception becomes a log line and a later try. The one place where everything is caught."""
        try:
            again = await self._step(ref)
        except Exception as error:  # noqa: BLE001 — the runner: see style, "Errors"
            failures = self._failures[ref] = self._failures.get(ref, 0) + 1
            pause = min(_LONGEST_BACKOFF_S, _FIRST_BACKOFF_S * 2.0 ** (failures - 1))
            expected = isinstance(error, errors.MtcError)
            tell = self._log.warning if expected else self._log.error
            tell("step failed, trying again", object=f"{ref.namespace}/{ref.name}", error=str(error), error_type=type(error).__name__,
                 retry_in_s=pause, exc_info=None if expected else error)  # fmt: skip
            return pause
        self._failures.pop(ref, None)
        return again
