"""Mirrors: collections kept in memory by a watch, shared by all who read them, and a wake-up for those whose reading changed.

A step that reads through `Mirrors` costs the API server nothing, however many objects are stepped, and what it read is what
wakes it: one object, a namespace, or the entries of an index. Mirrors begin with the first reader and end a minute after
the last one. What they hold is cut down to what readers need (`Shape`), so memory follows the facts, not the objects.

What is read here may be some milliseconds old. Its change wakes the reader; whoever must not act on old facts reads live.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping

from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.kube.mirror import BURST_S, NAMESPACE, Changes, Follower, Mirror, Scope, Shape, Topic, Version
from mtc.kube.resources import ResourceType

#: A mirror without followers ends after this time: steps come and go more often than lists are cheap.
IDLE_S = 60.0
#: From so many namespaces on, one watch over all of a cluster's namespaces costs less than one for each: a connection costs
#: both sides some milliseconds and a hundred kilobytes, an object that nobody asked for some microseconds.
NAMESPACES_AT_MOST = 12
_PLAIN = Shape()


class Mirrors:
    """All mirrors of a process.

    Args:
        shapes: of the kinds that need one; others are kept whole and wake on every change.
        idle_s: how long a mirror is kept that nobody follows.
    """

    def __init__(self, shapes: Mapping[ResourceType, Shape], *, idle_s: float = IDLE_S) -> None:
        self._shapes, self._idle_s = shapes, idle_s
        self._mirrors: dict[Scope, tuple[Mirror, asyncio.Task[None]]] = {}
        self._of: dict[Topic, Mirror] = {}
        self._followers: dict[Topic, set[Follower]] = {}
        self._followed: dict[Follower, set[Topic]] = {}
        self._no_wide: set[tuple[Client, ResourceType]] = set()
        self._group: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Serves the watches until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                # Before the group ends: one that is ending takes no more work.
                self._group = None
                self._mirrors.clear()

    async def find(self, topic: Topic, follower: Follower) -> Object | None:
        """The object that a topic names, None where it does not exist. Raises KubeError."""
        mirror = await self._read(topic, follower)
        return mirror.objects.get((topic.namespace or "", topic.name))

    async def list(self, topic: Topic, follower: Follower) -> list[Object]:
        """The objects of a topic. Raises KubeError."""
        mirror = await self._read(topic, follower)
        if topic.index:
            found = mirror.under(topic.index, topic.value)
            return [item for item in found if topic.namespace in {None, item["metadata"].get("namespace", "")}]
        if topic.namespace is not None and mirror.scope.namespace is None:
            return mirror.under(NAMESPACE, topic.namespace)
        return list(mirror.objects.values())

    async def changes(self, topic: Topic, follower: Follower) -> Changes:
        """How the collection of a topic has changed so far. Raises KubeError."""
        return (await self._read(topic, follower)).changes

    def has_index(self, kind: ResourceType, index: str) -> bool:
        """Whether objects of a kind are found by this index."""
        return index in self._shape(kind).indices

    def collection(self, kind: ResourceType, wanted: Collection[str]) -> str | None:
        """The selector of the collection in which all objects of a kind with these labels ("key=value") are, None where none is kept."""
        selectors = self._shape(kind).selectors or ("",)
        return next((found for found in selectors if set(filter(None, found.split(","))) <= set(wanted)), None)

    def follow(self, follower: Follower, topics: Iterable[Topic]) -> None:
        """From now on the follower depends on these topics and no others.

        A topic that it has not read wakes it once, as soon as the mirror is there: what changed since its own look is not known.
        """
        # What nothing can be called is never there, and a watch of it would be one of something else.
        wanted = {topic for topic in topics if resources.can_be_name(topic.name or "-") and resources.can_be_name(topic.namespace or "-")}
        before = self._followed.get(follower, set())
        for topic in before - wanted:
            self._leave(topic, follower)
        for topic in wanted - before:
            mirror = self._attach(topic, follower)
            if mirror is not None and mirror.synced:
                follower.wake(BURST_S, None)
            elif mirror is not None:
                mirror.unread.add(follower)

    async def _read(self, topic: Topic, follower: Follower) -> Mirror:
        mirror = self._attach(topic, follower)
        if mirror is None:
            msg = f"The mirror of {topic.kind.plural} of cluster {topic.cluster.name} has ended: the program is stopping."
            raise errors.Unreachable(msg)
        mirror.hurry()
        try:
            await mirror.ready()
        except errors.Forbidden:
            mirror.unread.add(follower)
            if topic.namespace is None or mirror.scope.namespace is not None:
                raise
            # The right to look into each namespace of interest does not include the one to look into all.
            self._no_wide.add((topic.cluster, topic.kind))
            self._detach(topic)
            return await self._read(topic, follower)
        except errors.KubeError:
            mirror.unread.add(follower)
            raise
        return mirror

    def _attach(self, topic: Topic, follower: Follower) -> Mirror | None:
        self._followers.setdefault(topic, set()).add(follower)
        self._followed.setdefault(follower, set()).add(topic)
        mirror = self._of.get(topic)
        if mirror is None and self._group is not None:
            mirror = self._of[topic] = self._open(topic)
            mirror.topics.add(topic)
            if mirror.ending is not None:
                mirror.ending.cancel()
                mirror.ending = None
        return mirror

    def _open(self, topic: Topic) -> Mirror:
        scope = self._scope(topic)
        known = self._mirrors.get(scope)
        if known is not None:
            return known[0]
        assert self._group is not None  # noqa: S101 - the caller has looked
        mirror = Mirror(scope, self._shape(topic.kind), self._tell)
        task = self._group.create_task(mirror.run(), name=f"mirror {scope.kind.plural} of {scope.cluster.name}")
        self._mirrors[scope] = (mirror, task)
        return mirror

    def _shape(self, kind: ResourceType) -> Shape:
        return self._shapes.get(kind, _PLAIN)

    def _scope(self, topic: Topic) -> Scope:
        cluster, kind, shape = topic.cluster, topic.kind, self._shape(topic.kind)
        if topic.name and shape.alone:
            return Scope(cluster, kind, topic.namespace, name=topic.name)
        wide, narrow = Scope(cluster, kind, None, topic.selector), Scope(cluster, kind, topic.namespace, topic.selector)
        if topic.namespace is None:
            return wide
        if narrow in self._mirrors:
            return narrow
        if wide in self._mirrors and (cluster, kind) not in self._no_wide:
            return wide
        if (cluster, kind) in self._no_wide:
            return narrow
        alike = [scope for scope in self._mirrors if (scope.cluster, scope.kind, scope.selector) == (cluster, kind, topic.selector)]
        others = sum(1 for scope in alike if not scope.name)
        return narrow if others < NAMESPACES_AT_MOST else wide

    def _leave(self, topic: Topic, follower: Follower) -> None:
        followers = self._followers.get(topic, set())
        followers.discard(follower)
        topics = self._followed.get(follower, set())
        topics.discard(topic)
        if not topics:
            self._followed.pop(follower, None)
        if followers:
            return
        self._followers.pop(topic, None)
        self._detach(topic)

    def _detach(self, topic: Topic) -> None:
        """Lets go of a topic's mirror; one without topics ends a while later."""
        mirror = self._of.pop(topic, None)
        if mirror is not None:
            mirror.topics.discard(topic)
            if not mirror.topics and mirror.ending is None:
                mirror.ending = asyncio.get_running_loop().call_later(self._idle_s, self._end, mirror)

    def _end(self, mirror: Mirror) -> None:
        known = self._mirrors.get(mirror.scope)
        if known is not None and known[0] is mirror:
            known[1].cancel()
            del self._mirrors[mirror.scope]

    def _tell(self, topics: set[Topic], after_s: float, found: Version | None) -> None:
        woken: set[Follower] = set()
        for topic in topics:
            woken |= self._followers.get(topic, set())
        for follower in woken:
            follower.wake(after_s, found)
