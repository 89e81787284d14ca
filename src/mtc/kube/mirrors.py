"""Mirrors: collections kept in memory by a watch, shared by all who read them, and a wake-up for those whose reading changed.

A step that reads through `Mirrors` costs the API server nothing, however many objects are stepped, and what it read is what
wakes it: one object, a namespace, or the entries of an index. Mirrors begin with the first reader and end a minute after
the last one. What they hold is cut down to what readers need (`Shape`), so memory follows the facts, not the objects.

What is read here may be some milliseconds old. Its change wakes the reader; whoever must not act on old facts reads live.
"""

import asyncio
import itertools
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mtc.kube import errors, watch
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.telemetry import logs

#: Changes come in bursts; together they are worth one step.
BURST_S = 0.2
#: A watch that cannot be kept up is tried again by itself; followers look at the cause less often.
LOST_S = 10.0
#: A mirror without followers ends after this time: steps come and go more often than lists are cheap.
IDLE_S = 60.0
#: From so many namespaces on, one watch over all of a cluster's namespaces costs less than one for each: a connection costs
#: both sides some milliseconds and a hundred kilobytes, an object that nobody asked for some microseconds.
NAMESPACES_AT_MOST = 12
#: Many read the same mirror; those of one moment lead to one attempt.
_HURRY_S = 2.0

_numbers = itertools.count(1)
_log = logs.get(part="mirrors")

#: The index that every mirror has: the namespace of an object.
_NAMESPACE = ""
_Entry = tuple[str, str]
_Key = tuple[str, str]


def _whole(item: Object) -> Any:
    return item["metadata"].get("resourceVersion")


def _as_it_is(item: Object) -> Object:
    return item


@dataclass(frozen=True)
class Shape:
    """What is kept of the objects of a kind, and how they are found.

    Attributes:
        keep: cuts an object down to what its readers need.
        mark: the part of a kept object whose change wakes followers.
        indices: by name, the values under which an object is found.
        selectors: labels that objects must have to be kept, each a collection of its own; none for all objects. Objects that are
            named need none.
        alone: whether an object that is named gets a watch of its own, because its collection holds too much.
        metadata_only: whether the server is asked for metadata alone.
    """

    keep: Callable[[Object], Object] = _as_it_is
    mark: Callable[[Object], Any] = _whole
    indices: Mapping[str, Callable[[Object], Iterable[str]]] = field(default_factory=dict)
    selectors: tuple[str, ...] = ()
    alone: bool = False
    metadata_only: bool = False


@dataclass(frozen=True, slots=True)
class Topic:
    """Objects that somebody has read, or depends on without having read them.

    Attributes:
        cluster: where they are; another client is another topic.
        kind: their type.
        namespace: None for all namespaces and for objects of the cluster.
        name: one object only.
        index, value: only those which the index of that name has under the value.
        selector: only those of the collection that is kept for these labels, see `Mirrors.collection`.
    """

    cluster: Client
    kind: ResourceType
    namespace: str | None = None
    name: str = ""
    index: str = ""
    value: str = ""
    selector: str = ""


@dataclass(frozen=True, slots=True)
class Follower:
    """Who is woken; equal ones are the same.

    Attributes:
        key: names it.
        wake: called with the seconds after which a step is worth while.
    """

    key: Hashable
    wake: Callable[[float], None] = field(compare=False)


@dataclass(frozen=True, slots=True)
class _Scope:
    cluster: Client
    kind: ResourceType
    namespace: str | None
    selector: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """How a collection has changed since its mirror began.

    Attributes:
        mirror: number of the mirror: what happened between two mirrors of one collection, neither has seen.
        count: of the changes after the first list.
        last: the event loop's time of the last one, of the first list before there was one.
    """

    mirror: int
    count: int = 0
    last: float = float("-inf")


class _Mirror:
    """One collection, the topics in it that are followed, and those who follow it without having read it."""

    def __init__(self, scope: _Scope, shape: Shape, changed: Callable[[set[Topic], float], None]) -> None:
        self.scope, self._shape, self._changed = scope, shape, changed
        self.objects: dict[_Key, Object] = {}
        self.topics: set[Topic] = set()
        self.unread: set[Follower] = set()
        self.synced = False
        self.changes = Changes(next(_numbers))
        self.ending: asyncio.TimerHandle | None = None
        self._marks: dict[_Key, tuple[Any, frozenset[_Entry]]] = {}
        self._entries: dict[_Entry, dict[_Key, None]] = {}
        self._error: errors.KubeError | None = None
        self._known = asyncio.Event()
        self._hurry = asyncio.Event()
        self._lost_at = float("-inf")

    def hurry(self) -> None:
        """Where contact is lost it is tried again now: who reads may have been told that something is better."""
        if self._error is not None and asyncio.get_running_loop().time() - self._lost_at >= _HURRY_S:
            self._hurry.set()

    async def ready(self) -> None:
        """Waits for the first list. Raises KubeError where it failed; it is tried again meanwhile."""
        await self._known.wait()
        if not self.synced and self._error is not None:
            raise self._error

    def under(self, index: str, value: str) -> list[Object]:
        """The objects that an index has under a value."""
        return [self.objects[key] for key in self._entries.get((index, value), ())]

    async def run(self) -> None:
        """Follows the collection until cancelled."""
        scope = self.scope
        events = watch.watch(
            scope.cluster,
            scope.kind,
            namespace=scope.namespace,
            label_selector=scope.selector,
            field_selector=f"metadata.name={scope.name}" if scope.name else "",
            metadata_only=self._shape.metadata_only,
            hurry=self._hurry,
        )
        async for event in events:
            if event.type == "LOST":
                self._lost(event)
            elif event.type == "SYNCED":
                self._sync()
            else:
                touched = self._put(event.object, gone=event.type == "DELETED")
                if self.synced and touched:
                    self._changed(touched, BURST_S)

    def _lost(self, event: watch.Event) -> None:
        self._error, self._lost_at = event.error, asyncio.get_running_loop().time()
        self._known.set()
        if self.synced and not event.is_known:
            _log.info("watch lost, trying again", cluster=self.scope.cluster.name, kind=self.scope.kind.plural, error=str(event.error))
            self._changed(set(self.topics), LOST_S)

    def _sync(self) -> None:
        if not self.synced:
            self.changes = Changes(self.changes.mirror, 0, asyncio.get_running_loop().time())
        self.synced = True
        self._error = None
        self._known.set()
        while self.unread:
            self.unread.pop().wake(BURST_S)

    def _put(self, item: Object, *, gone: bool) -> set[Topic]:
        """Takes a change over; the topics that it touches."""
        meta = item["metadata"]
        key = (meta.get("namespace", ""), meta["name"])
        before, listed = self._marks.pop(key, (None, frozenset()))
        for entry in listed:
            self._entries[entry].pop(key, None)
            if not self._entries[entry]:
                del self._entries[entry]
        fresh: frozenset[_Entry] = frozenset()
        if gone:
            self.objects.pop(key, None)
        else:
            kept = self.objects[key] = self._shape.keep(item)
            fresh = frozenset(self._listing(kept))
            mark = (self._shape.mark(kept), bool(meta.get("deletionTimestamp")))
            self._marks[key] = (mark, fresh)
            for entry in fresh:
                self._entries.setdefault(entry, {})[key] = None
            if mark == before and listed == fresh:
                return set()
        if self.synced:
            self.changes = Changes(self.changes.mirror, self.changes.count + 1, asyncio.get_running_loop().time())
        return set(self._topics(key, listed | fresh)) & self.topics

    def _listing(self, item: Object) -> Iterable[_Entry]:
        yield _NAMESPACE, item["metadata"].get("namespace", "")
        for index, values in self._shape.indices.items():
            yield from ((index, value) for value in values(item))

    def _topics(self, key: _Key, entries: Iterable[_Entry]) -> Iterable[Topic]:
        cluster, kind, selector = self.scope.cluster, self.scope.kind, self.scope.selector
        namespace = key[0] or None
        for where in {None, namespace}:
            yield Topic(cluster, kind, where, selector=selector)
            yield Topic(cluster, kind, where, key[1])
            yield from (Topic(cluster, kind, where, index=index, value=value, selector=selector) for index, value in entries if index)


class Mirrors:
    """All mirrors of a process.

    Args:
        shapes: of the kinds that need one; others are kept whole and wake on every change.
        idle_s: how long a mirror is kept that nobody follows.
    """

    def __init__(self, shapes: Mapping[ResourceType, Shape], *, idle_s: float = IDLE_S) -> None:
        self._shapes, self._idle_s = shapes, idle_s
        self._mirrors: dict[_Scope, tuple[_Mirror, asyncio.Task[None]]] = {}
        self._of: dict[Topic, _Mirror] = {}
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
            return mirror.under(_NAMESPACE, topic.namespace)
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
        wanted = set(topics)
        before = self._followed.get(follower, set())
        for topic in before - wanted:
            self._leave(topic, follower)
        for topic in wanted - before:
            mirror = self._attach(topic, follower)
            if mirror is not None and mirror.synced:
                follower.wake(BURST_S)
            elif mirror is not None:
                mirror.unread.add(follower)

    async def _read(self, topic: Topic, follower: Follower) -> _Mirror:
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

    def _attach(self, topic: Topic, follower: Follower) -> _Mirror | None:
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

    def _open(self, topic: Topic) -> _Mirror:
        scope = self._scope(topic)
        known = self._mirrors.get(scope)
        if known is not None:
            return known[0]
        assert self._group is not None  # noqa: S101 - the caller has looked
        mirror = _Mirror(scope, self._shape(topic.kind), self._tell)
        task = self._group.create_task(mirror.run(), name=f"mirror {scope.kind.plural} of {scope.cluster.name}")
        self._mirrors[scope] = (mirror, task)
        return mirror

    def _shape(self, kind: ResourceType) -> Shape:
        return self._shapes.get(kind, _PLAIN)

    def _scope(self, topic: Topic) -> _Scope:
        cluster, kind, shape = topic.cluster, topic.kind, self._shape(topic.kind)
        if topic.name and shape.alone:
            return _Scope(cluster, kind, topic.namespace, name=topic.name)
        wide, narrow = _Scope(cluster, kind, None, topic.selector), _Scope(cluster, kind, topic.namespace, topic.selector)
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

    def _end(self, mirror: _Mirror) -> None:
        known = self._mirrors.get(mirror.scope)
        if known is not None and known[0] is mirror:
            known[1].cancel()
            del self._mirrors[mirror.scope]

    def _tell(self, topics: set[Topic], after_s: float) -> None:
        woken: set[Follower] = set()
        for topic in topics:
            woken |= self._followers.get(topic, set())
        for follower in woken:
            follower.wake(after_s)


_PLAIN = Shape()
