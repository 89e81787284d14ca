"""Who depends on what: one watch for each topic that somebody follows, and a wake-up for all its followers on a change.

A change between a follower's look and the beginning of the watch is not lost: a follower whose topic is new is woken once
when the watch has listed everything. After that only changes of what matters wake (see `marks`), and the loss of contact,
because then another client may be needed.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from mtc.kube import watch
from mtc.migration.topics import Topic
from mtc.operator import marks
from mtc.operator.loop import Ref
from mtc.telemetry import logs

#: Changes come in bursts; together they are worth one step.
_BURST_S = 0.2
#: A watch that cannot be kept up is tried again by itself; followers look at the cause less often.
_LOST_S = 10.0

_log = logs.get(part="subscriptions")


@dataclass
class _Watched:
    task: asyncio.Task[None]
    followers: set[Ref] = field(default_factory=set)
    synced: bool = False
    marks: dict[str, str] = field(default_factory=dict)


class Subscriptions:
    """The topics that the objects of one loop depend on.

    Args:
        wake: steps an object after so many seconds, as `Loop.wake`.
    """

    def __init__(self, wake: Callable[[Ref, float], None]) -> None:
        self._wake = wake
        self._watched: dict[Topic, _Watched] = {}
        self._followed: dict[Ref, frozenset[Topic]] = {}
        self._group: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Serves the watches until cancelled."""
        async with asyncio.TaskGroup() as self._group:
            await asyncio.get_running_loop().create_future()

    def follow(self, ref: Ref, topics: frozenset[Topic]) -> None:
        """From now on an object depends on these topics and no others."""
        if self._group is None:
            return
        before = self._followed.get(ref, frozenset())
        for topic in before - topics:
            self._leave(ref, topic)
        for topic in topics - before:
            watched = self._watched.get(topic)
            if watched is None:
                name = f"follow {topic.kind.plural} of {topic.cluster.name}"
                watched = self._watched[topic] = _Watched(self._group.create_task(self._serve(topic), name=name))
            elif watched.synced:
                # It was read before this follower came: what changed since its own look is not known.
                self._wake(ref, _BURST_S)
            watched.followers.add(ref)
        if topics:
            self._followed[ref] = topics
        else:
            self._followed.pop(ref, None)

    def _leave(self, ref: Ref, topic: Topic) -> None:
        watched = self._watched[topic]
        watched.followers.discard(ref)
        if not watched.followers:
            watched.task.cancel()
            del self._watched[topic]

    async def _serve(self, topic: Topic) -> None:
        selector = f"metadata.name={topic.name}" if topic.name else ""
        events = watch.watch(
            topic.cluster, topic.kind, namespace=topic.namespace, label_selector=topic.label_selector, field_selector=selector
        )
        async for event in events:
            watched = self._watched.get(topic)
            if watched is None:
                return
            after_s = self._judge(topic, watched, event)
            if after_s is not None:
                for ref in watched.followers:
                    self._wake(ref, after_s)

    def _judge(self, topic: Topic, watched: _Watched, event: watch.Event) -> float | None:
        """After how many seconds an event is worth a step; None for not at all."""
        if event.type == "LOST":
            _log.info("watch lost, trying again", cluster=topic.cluster.name, kind=topic.kind.plural, error=str(event.error))
            return _LOST_S if watched.synced else None
        if event.type == "SYNCED":
            first, watched.synced = not watched.synced, True
            return _BURST_S if first else None
        uid = event.object["metadata"]["uid"]
        if event.type == "DELETED":
            watched.marks.pop(uid, None)
            return _BURST_S if watched.synced else None
        fresh = marks.mark(topic.kind, event.object)
        changed = watched.marks.get(uid) != fresh
        watched.marks[uid] = fresh
        return _BURST_S if changed and watched.synced else None
