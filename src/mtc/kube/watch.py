"""List and watch: the state of a collection and every change after it, for as long as one cares to listen.

`watch()` never ends by itself: it reconnects, and re-lists when the server no longer has the history (410). After a
re-list it reports what changed meanwhile, deletions included, so a consumer sees a gapless story.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from mtc.kube import codec, errors
from mtc.kube.client import Client, Object, typed
from mtc.kube.resources import ResourceType

EventType = Literal["ADDED", "MODIFIED", "DELETED", "SYNCED", "LOST"]
# Servers end watches after 5 to 10 minutes by themselves; asking for less keeps dead connections short.
_WATCH_S = 290
# Bookmarks come each minute: longer silence means that the connection is dead.
_SILENCE_S = 90.0
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 10.0


@dataclass(frozen=True, slots=True)
class Event:
    """A change. `SYNCED`: the list is through, `object` is {}. `LOST`: contact was lost for `error`, it is tried again."""

    type: EventType
    object: Object
    error: errors.KubeError | None = None


class _Raw(msgspec.Struct):
    type: str
    object: msgspec.Raw


_decoder = msgspec.json.Decoder(_Raw)


async def watch(
    cluster: Client,
    kind: ResourceType,
    *,
    namespace: str | None = None,
    label_selector: str = "",
    field_selector: str = "",
) -> AsyncIterator[Event]:
    """The objects as ADDED, then SYNCED, then changes for ever. Errors come as LOST events; only cancellation ends it."""
    known: dict[str, tuple[str, str, str]] = {}
    version = ""
    pause_s = _FIRST_PAUSE_S
    params = {"labelSelector": label_selector, "fieldSelector": field_selector}
    params = {key: value for key, value in params.items() if value}
    while True:
        try:
            if not version:
                fresh: dict[str, tuple[str, str, str]] = {}
                async for page in cluster.pages(kind, namespace=namespace, label_selector=label_selector, field_selector=field_selector):
                    version = page.metadata.resource_version
                    for raw in page.items:
                        item = typed(kind, raw)
                        key, mark = _mark(item)
                        fresh[key] = mark
                        if known.get(key) != mark:
                            yield Event("MODIFIED" if key in known else "ADDED", item)
                for key in known.keys() - fresh.keys():
                    yield Event("DELETED", _tombstone(kind, key, known[key]))
                known = fresh
                yield Event("SYNCED", {})
            async for event in _connect(cluster, kind, namespace, params, version):
                pause_s = _FIRST_PAUSE_S
                version = event.object["metadata"]["resourceVersion"]
                if event.type == "SYNCED":
                    continue
                key, mark = _mark(event.object)
                if event.type == "DELETED":
                    known.pop(key, None)
                else:
                    known[key] = mark
                yield event
        except errors.Gone:
            version = ""
        except errors.KubeError as error:
            if not isinstance(error, errors.Unreachable):
                version = ""
            yield Event("LOST", {}, error)
            await asyncio.sleep(pause_s)
            pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)


async def _connect(
    cluster: Client, kind: ResourceType, namespace: str | None, selectors: dict[str, str], version: str
) -> AsyncIterator[Event]:
    params = selectors | {
        "watch": "true",
        "allowWatchBookmarks": "true",
        "resourceVersion": version,
        "timeoutSeconds": str(_WATCH_S),
    }
    path = kind.path(namespace=namespace)
    async with cluster.transport.open("GET", path, params=params, silence_s=_SILENCE_S) as response:
        rest = b""
        async for chunk in response.content.iter_any():
            # A long line comes in many pieces: join them only when a newline is there.
            rest += chunk
            if b"\n" not in chunk:
                continue
            *lines, rest = rest.split(b"\n")
            for line in lines:
                if line:
                    yield _event(kind, line, cluster.name, path)


def _event(kind: ResourceType, line: bytes, server: str, path: str) -> Event:
    raw = _decoder.decode(line)
    if raw.type == "ERROR":
        status = codec.loads(bytes(raw.object))
        code = int(status.get("code") or 500)
        raise errors.from_status(server=server, method="WATCH", path=path, code=code, status=status, text="")
    item = typed(kind, raw.object)
    if raw.type == "BOOKMARK":
        return Event("SYNCED", item)
    return Event(raw.type, item)  # type: ignore[arg-type] — ADDED, MODIFIED or DELETED


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
        self._source = lambda: watch(cluster, kind, namespace=namespace, label_selector=label_selector)
        self.objects: dict[str, Object] = {}
        self.synced = asyncio.Event()
        self.error: errors.KubeError | None = None
        self._changed = asyncio.Condition()

    async def run(self) -> None:
        """Follows the collection until cancelled."""
        async for event in self._source():
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
                await self.synced_or_changed(until)
        except TimeoutError:
            return until()
        return True

    async def synced_or_changed(self, until: Callable[[], bool]) -> None:
        """Waits while holding the condition; a cache that is not synced yet has no true state."""
        await self._changed.wait_for(lambda: self.synced.is_set() and until())


def key_of(item: Object) -> str:
    """ "namespace/name", or "/name" for objects of the cluster."""
    return f"{item['metadata'].get('namespace', '')}/{item['metadata']['name']}"
