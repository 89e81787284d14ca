"""One mirror: a collection of one cluster as a watch keeps it, cut down to its shape, and the words that readers of it use."""

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mtc.kube import errors, watch
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.telemetry import logs

#: Changes come in bursts; together they are worth one step.
BURST_S = 0.2
#: A watch that cannot be kept up is tried again by itself; followers look at the cause less often.
LOST_S = 10.0
#: Many read the same mirror; those of one moment lead to one attempt.
_HURRY_S = 2.0

_numbers = itertools.count(1)
_log = logs.get(part="mirrors")

#: The index that every mirror has: the namespace of an object.
NAMESPACE = ""
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
        selector: only those of the collection that is kept for these labels, see `mirrors.Mirrors.collection`.
    """

    cluster: Client
    kind: ResourceType
    namespace: str | None = None
    name: str = ""
    index: str = ""
    value: str = ""
    selector: str = ""

    def __hash__(self) -> int:
        # Several are looked up with each event of each mirror; what tells most of them apart is enough.
        return hash((self.kind.plural, self.namespace, self.name, self.value))


class Version(NamedTuple):
    """An object as it was at one moment."""

    cluster: Client
    kind: ResourceType
    namespace: str
    name: str
    version: str

    @classmethod
    def of(cls, cluster: Client, kind: ResourceType, item: Object) -> "Version | None":
        """That of an object as the server gave it; None for an answer that is kept nowhere."""
        meta = item.get("metadata") or {}
        version = meta.get("resourceVersion")
        return cls(cluster, kind, meta.get("namespace", ""), meta["name"], version) if version else None


@dataclass(frozen=True, slots=True)
class Follower:
    """Who is woken; equal ones are the same.

    Attributes:
        key: names it.
        wake: called with the seconds after which a step is worth while, and what has been made or changed; None where
            something is gone, or where it is not one object.
    """

    key: Hashable
    wake: Callable[[float, Version | None], None] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Scope:
    """What one mirror holds: all of a kind in a place, those with labels, or one object."""

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


class Mirror:
    """One collection, the topics in it that are followed, and those who follow it without having read it."""

    def __init__(self, scope: Scope, shape: Shape, changed: Callable[[set[Topic], float, Version | None], None]) -> None:
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
        """Follows the collection until cancelled. An object that cannot be kept is trouble of this collection, and of no other."""
        while True:
            try:
                await self._follow()
            except Exception as error:  # noqa: BLE001 - it would end all other mirrors
                scope = self.scope
                _log.error("mirror failed, trying again", cluster=scope.cluster.name, kind=scope.kind.plural, exc_info=error)
                msg = (
                    f"The {scope.kind.plural} of cluster {scope.cluster.name} cannot be kept in memory: an unexpected {type(error).__name__} "
                    "occurred. It is tried again; the log has more."
                )
                self._lost(watch.Event("LOST", {}, errors.Unreachable(msg)))
                self._begin_anew()
                await asyncio.sleep(LOST_S)

    def _begin_anew(self) -> None:
        """Forgets everything: the next watch does not know what this one has told."""
        self.synced, self.changes = False, Changes(next(_numbers))
        for known in (self.objects, self._marks, self._entries):
            known.clear()

    async def _follow(self) -> None:
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
        async with contextlib.aclosing(events):
            async for event in events:
                self._take(event)

    def _take(self, event: watch.Event) -> None:
        if event.type == "LOST":
            self._lost(event)
        elif event.type == "SYNCED":
            self._sync()
        else:
            gone = event.type == "DELETED"
            touched = self._put(event.object, gone=gone)
            if self.synced and touched:
                self._changed(touched, BURST_S, None if gone else Version.of(self.scope.cluster, self.scope.kind, event.object))

    def _lost(self, event: watch.Event) -> None:
        self._error, self._lost_at = event.error, asyncio.get_running_loop().time()
        self._known.set()
        if self.synced and not event.is_known:
            _log.info("watch lost, trying again", cluster=self.scope.cluster.name, kind=self.scope.kind.plural, error=str(event.error))
            self._changed(set(self.topics), LOST_S, None)

    def _sync(self) -> None:
        if not self.synced:
            self.changes = Changes(self.changes.mirror, 0, asyncio.get_running_loop().time())
        self.synced = True
        self._error = None
        self._known.set()
        while self.unread:
            self.unread.pop().wake(BURST_S, None)

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
        yield NAMESPACE, item["metadata"].get("namespace", "")
        for index, values in self._shape.indices.items():
            yield from ((index, value) for value in values(item))

    def _topics(self, key: _Key, entries: Iterable[_Entry]) -> Iterable[Topic]:
        cluster, kind, selector = self.scope.cluster, self.scope.kind, self.scope.selector
        namespace = key[0] or None
        for where in {None, namespace}:
            yield Topic(cluster, kind, where, selector=selector)
            yield Topic(cluster, kind, where, key[1])
            yield from (Topic(cluster, kind, where, index=index, value=value, selector=selector) for index, value in entries if index)
