"""Kubernetes Events about our objects: a hint for people, never a reason to fail."""

import asyncio
import contextlib
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.kube import events, limiter
from mtc.kube.client import Client, Object

_WARNINGS = frozenset({conditions.CRITICAL, conditions.ERROR, conditions.WARN})
# Some twenty megabytes; a thousand plans that are looked at for the first time have 7,000, which are no reason to hurry yet.
_MOST_WAITING = 20_000
_WRITERS = 4
# So long an Event waits at most for other requests.
_LONGEST_WAIT_S = 1.0
# A pod that is told to stop has 30 seconds.
_LAST_S = 10.0


class Tell(Protocol):
    """Emits one Event for each condition, now or soon."""

    async def __call__(self, cluster: Client, about: Object, changed: Iterable[Condition], *, now: datetime) -> None:
        """Args as those of `emit_conditions`."""


async def emit_conditions(cluster: Client, about: Object, changed: Iterable[Condition], *, now: datetime) -> None:
    """One Event for each condition: its type is the reason; blockers and warnings are of type Warning."""
    for body in _of_conditions(about, changed, now):
        await events.create(cluster, body)


async def emit(cluster: Client, about: Object, *, reason: str, message: str, warning: bool, now: datetime) -> None:
    """One Event. Trouble with it is logged only.

    Args:
        cluster: where the object lives.
        about: the object, with apiVersion, kind and metadata.
        reason: one CamelCase word.
        message: for people; cut where it is too long for the server.
        warning: whether it is of type Warning rather than Normal.
        now: the time of the Event.
    """
    await events.create(cluster, _event(about, reason=reason, message=message, warning=warning, now=now))


class Outbox:
    """Events that are written beside the work which they tell of, and keep nothing waiting.

    A few at a time, and where thousands of objects change at once, their own requests go first. Beyond so many that wait, who has more
    to tell waits as well.
    """

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[tuple[Client, Object]] = asyncio.Queue(_MOST_WAITING)

    async def emit_conditions(self, cluster: Client, about: Object, changed: Iterable[Condition], *, now: datetime) -> None:
        """One Event for each condition, soon."""
        for body in _of_conditions(about, changed, now):
            await self._waiting.put((cluster, body))

    async def run(self) -> None:
        """Writes until cancelled; what waits then is still written, as far as there is time."""
        async with asyncio.TaskGroup() as group:
            for _ in range(_WRITERS):
                group.create_task(self._write())
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LAST_S):
                        await self._waiting.join()

    async def _write(self) -> None:
        limiter.COMES_LAST.set(True)
        while True:
            cluster, body = await self._waiting.get()
            await self._its_turn(cluster)
            await events.create(cluster, body)
            self._waiting.task_done()

    async def _its_turn(self, cluster: Client) -> None:
        """Waits while there is other work, unless so many wait that more would keep that work waiting."""
        if self._waiting.qsize() < _MOST_WAITING // 2:
            await cluster.transport.limiter.until_calm(at_most_s=_LONGEST_WAIT_S)


def _of_conditions(about: Object, changed: Iterable[Condition], now: datetime) -> list[Object]:
    return [
        _event(
            about,
            reason=condition.type,
            message=condition.message or condition.type,
            warning=condition.is_true and condition.category in _WARNINGS,
            now=now,
        )
        for condition in changed
    ]


def _event(about: Object, *, reason: str, message: str, warning: bool, now: datetime) -> Object:
    component = f"{about['kind'].lower()}_controller"
    return events.event(about, reason=reason, message=message, warning=warning, now=now, component=component)
