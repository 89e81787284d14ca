"""List and watch: the state of a collection and every change after it, for as long as one cares to listen.

`watch()` never ends by itself: it reconnects, and re-lists when the server no longer has the history (410). After a
re-list it reports what changed meanwhile, deletions included, so a consumer sees a gapless story. Attempts that lead to
nothing get rarer; only a watch that has told something, or has stood for a while, counts as one that works: a token that may
list and not watch would otherwise list again several times a second.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, cast

import msgspec

from mtc.kube import codec, errors
from mtc.kube.client import METADATA, Client, Object, typed
from mtc.kube.resources import ResourceType

EventType = Literal["ADDED", "MODIFIED", "DELETED", "SYNCED", "LOST"]
# Servers end watches after 5 to 10 minutes by themselves; asking for less keeps dead connections short.
_WATCH_S = 290
# Bookmarks come each minute: longer silence means that the connection is dead.
_SILENCE_S = 90.0
_FIRST_PAUSE_S = 0.2
#: A server that is away may be back any moment; one that refuses has a reason, which goes less quickly.
_LONGEST_PAUSE_S = 10.0
_LONGEST_REFUSED_S = 30.0
#: A watch that has stood for so long works, although nothing has changed meanwhile.
_STEADY_S = 5.0


@dataclass(frozen=True, slots=True)
class Event:
    """A change. `SYNCED`: the list is through, `object` is {}. `LOST`: contact was lost for `error`, it is tried again.

    Attributes:
        type: what it is.
        object: as it is now; what is known of it where it was deleted.
        error: why contact was lost.
        is_known: whether contact was lost for the same reason before, and has not been back since: nothing that is worth a line.
    """

    type: EventType
    object: Object
    error: errors.KubeError | None = None
    is_known: bool = False


class _Raw(msgspec.Struct):
    type: str
    object: msgspec.Raw


_decoder = msgspec.json.Decoder(_Raw)
#: What does not pass by itself within seconds.
_REFUSALS = (errors.Unauthorized, errors.Forbidden, errors.NotServed)


#: What ends an attempt. Beside the errors of our tree: what an answer leads to that is none of an API server, no JSON or another form of it.
_TROUBLE = (errors.KubeError, ValueError, msgspec.MsgspecError, LookupError, TypeError, AttributeError)


#: resourceVersion, namespace and name of an object, by its uid.
_Marks = dict[str, tuple[str, str, str]]


async def watch(
    cluster: Client,
    kind: ResourceType,
    *,
    namespace: str | None = None,
    label_selector: str = "",
    field_selector: str = "",
    metadata_only: bool = False,
    hurry: asyncio.Event | None = None,
) -> AsyncGenerator[Event, None]:
    """The objects as ADDED, then SYNCED, then changes for ever. Errors come as LOST events; only cancellation ends it.

    With `metadata_only` the server sends nothing else of the objects. Setting `hurry` ends the pause before the next attempt.
    """
    follower = _Follower(cluster, kind, namespace, label_selector, field_selector, metadata_only=metadata_only)
    pause, told = _Pause(hurry), ""
    while True:
        lost = False
        try:
            async for event in follower.follow():
                yield event
        except errors.Gone:
            follower.forget()
        except _TROUBLE as failure:
            lost, error = True, failure if isinstance(failure, errors.KubeError) else cluster.foreign(kind.path(namespace=namespace))
            if not isinstance(error, errors.Unreachable):
                follower.forget()
            is_known, told = str(error) == told and not follower.worked, str(error)
            pause.longest_s = _LONGEST_REFUSED_S if isinstance(error, _REFUSALS) else _LONGEST_PAUSE_S
            yield Event("LOST", {}, error, is_known=is_known)
        if follower.worked:
            pause.reset()
            told = told if lost else ""
        if lost or not follower.worked:
            await pause.over()


class _Pause:
    """The time between two attempts, twice as long each time."""

    def __init__(self, hurry: asyncio.Event | None) -> None:
        self._hurry = hurry or asyncio.Event()
        self._next_s = _FIRST_PAUSE_S
        self.longest_s = _LONGEST_PAUSE_S

    def reset(self) -> None:
        """The next pause is a short one."""
        self._next_s = _FIRST_PAUSE_S

    async def over(self) -> None:
        """Waits for its end, or for somebody in a hurry."""
        pause_s = min(self._next_s, self.longest_s)
        self._next_s = pause_s * 2
        with suppress(TimeoutError):
            await asyncio.wait_for(self._hurry.wait(), pause_s)
        self._hurry.clear()


class _Follower:
    """What is known of a collection, and how to learn more: by a list the first time, by a watch from there on."""

    def __init__(
        self,
        cluster: Client,
        kind: ResourceType,
        namespace: str | None,
        label_selector: str,
        field_selector: str,
        *,
        metadata_only: bool,
    ) -> None:
        self._cluster, self._kind, self._namespace = cluster, kind, namespace
        self._labels, self._fields, self._metadata_only = label_selector, field_selector, metadata_only
        self._known: _Marks = {}
        self._version = ""
        #: Whether the watch of the last `follow` has told something, or stood for a while.
        self.worked = False

    def forget(self) -> None:
        """The next `follow` lists again; what it finds changed since then is told."""
        self._version = ""

    async def follow(self) -> AsyncGenerator[Event, None]:
        """Events until the server ends the watch."""
        self.worked = False
        if not self._version:
            async for event in self._list():
                yield event
        begun = asyncio.get_running_loop().time()
        try:
            async for event in self._connect():
                self.worked = True
                self._version = event.object["metadata"]["resourceVersion"]
                if event.type == "SYNCED":
                    continue
                key, mark = _mark(event.object)
                if event.type == "DELETED":
                    self._known.pop(key, None)
                else:
                    self._known[key] = mark
                yield event
        finally:
            self.worked = self.worked or asyncio.get_running_loop().time() - begun >= _STEADY_S

    async def _list(self) -> AsyncGenerator[Event, None]:
        fresh: _Marks = {}
        version = ""
        # One that was deleted and made again: its end is told before its beginning, or a consumer would lose the new one.
        holders = {(namespace, name): key for key, (_, namespace, name) in self._known.items()}
        pages = self._cluster.pages(
            self._kind,
            namespace=self._namespace,
            label_selector=self._labels,
            field_selector=self._fields,
            metadata_only=self._metadata_only,
        )
        async for page in pages:
            version = page.metadata.resource_version
            for raw in page.items:
                item = typed(self._kind, raw)
                key, mark = _mark(item)
                former = holders.get((mark[1], mark[2]), key)
                if former != key and former in self._known:
                    yield Event("DELETED", _tombstone(self._kind, former, self._known.pop(former)))
                before = self._known.get(key)
                fresh[key] = self._known[key] = mark
                if before != mark:
                    yield Event("MODIFIED" if before else "ADDED", item)
        for key in self._known.keys() - fresh.keys():
            yield Event("DELETED", _tombstone(self._kind, key, self._known[key]))
        self._known, self._version = fresh, version
        yield Event("SYNCED", {})

    async def _connect(self) -> AsyncGenerator[Event, None]:
        params = {
            "labelSelector": self._labels,
            "fieldSelector": self._fields,
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._version,
            "timeoutSeconds": str(_WATCH_S),
        }
        path = self._kind.path(namespace=self._namespace)
        wanted = {key: value for key, value in params.items() if value}
        headers = METADATA if self._metadata_only else None
        async with self._cluster.transport.open("GET", path, params=wanted, headers=headers, silence_s=_SILENCE_S) as response:
            pieces: list[bytes] = []
            async for chunk in response.content.iter_any():
                # A long line comes in many pieces: they are joined only when its end is there.
                pieces.append(chunk)
                if b"\n" not in chunk:
                    continue
                *lines, rest = b"".join(pieces).split(b"\n")
                pieces = [rest]
                for line in lines:
                    if line:
                        yield _event(self._kind, line, self._cluster.name, path)


def _event(kind: ResourceType, line: bytes, server: str, path: str) -> Event:
    raw = _decoder.decode(line)
    if raw.type == "ERROR":
        status = codec.loads(bytes(raw.object))
        code = int(status.get("code") or 500)
        raise errors.from_status(server=server, method="WATCH", path=path, code=code, status=status, text="")
    item = typed(kind, raw.object)
    if raw.type == "BOOKMARK":
        return Event("SYNCED", item)
    return Event(cast("EventType", raw.type), item)


def _mark(item: Object) -> tuple[str, tuple[str, str, str]]:
    meta: dict[str, Any] = item["metadata"]
    return meta["uid"], (meta["resourceVersion"], meta.get("namespace", ""), meta["name"])


def _tombstone(kind: ResourceType, uid: str, mark: tuple[str, str, str]) -> Object:
    version, namespace, name = mark
    meta = {"uid": uid, "name": name, "namespace": namespace, "resourceVersion": version}
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta}


class Cache:
    """The objects of one collection, kept up to date by a watch, with a way to wait for a state of them.

    Run `run()` in a task group; read `objects` (key "namespace/name") after `synced` is set.
    """

    def __init__(self, cluster: Client, kind: ResourceType, *, namespace: str | None = None, label_selector: str = "") -> None:
        self._events = watch(cluster, kind, namespace=namespace, label_selector=label_selector)
        self.objects: dict[str, Object] = {}
        self.synced = asyncio.Event()
        self.error: errors.KubeError | None = None
        self._changed = asyncio.Condition()

    async def run(self) -> None:
        """Follows the collection until cancelled."""
        async for event in self._events:
            async with self._changed:
                if event.type == "LOST":
                    self.error = event.error
                elif event.type == "SYNCED":
                    self.error = None
                    self.synced.set()
                elif event.type == "DELETED":
                    self.objects.pop(key_of(event.object), None)
                else:
                    self.objects[key_of(event.object)] = event.object
                self._changed.notify_all()

    async def wait(self, until: Callable[[], bool], *, timeout_s: float | None = None) -> bool:
        """Whether `until()` came true, tested after each change, within the time."""
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                # A cache that is not synced yet has no true state.
                await self._changed.wait_for(lambda: self.synced.is_set() and until())
        except TimeoutError:
            return until()
        return True


def key_of(item: Object) -> str:
    """Names an object: "namespace/name", or "/name" for objects of the cluster."""
    return f"{item['metadata'].get('namespace', '')}/{item['metadata']['name']}"
