"""What a watch tells, and how often it tries, with a server that answers as it was told to."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import orjson

from mtc.kube import access, errors, resources, watch
from mtc.kube.client import Client, Object
from mtc.kube.watch import Event

Answer = list[Object] | errors.KubeError


def item(name: str, uid: str, version: int = 1) -> Object:
    """An object."""
    meta = {"name": name, "namespace": "shop", "uid": uid, "resourceVersion": str(version)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}


def refusal(code: int) -> errors.KubeError:
    """What a server says that refuses."""
    return errors.from_status(server="far", method="GET", path="/x", code=code, status={"reason": "No"}, text="")


@dataclass
class Content:
    """The body of a watch."""

    lines: list[Object]

    async def iter_any(self) -> AsyncIterator[bytes]:
        """One line after the other."""
        for line in self.lines:
            yield orjson.dumps({"type": "MODIFIED", "object": line}) + b"\n"


@dataclass
class Response:
    """The answer to a watch."""

    content: Content


@dataclass
class Server:
    """Answers lists and watches in their order; after the last answer watches stay silent.

    Attributes:
        lists, watches: the answers.
        asked: when a watch was asked for, by the event loop's time.
    """

    lists: Iterator[list[Object]]
    watches: Iterator[Answer]
    asked: list[float] = field(default_factory=list)

    async def request(self, _method: str, _path: str, **_: Any) -> bytes:
        """A list."""
        return orjson.dumps({"kind": "List", "metadata": {"resourceVersion": "9"}, "items": next(self.lists)})

    @asynccontextmanager
    async def open(self, _method: str, _path: str, **_: Any) -> AsyncIterator[Response]:
        """A watch."""
        self.asked.append(asyncio.get_running_loop().time())
        answer = next(self.watches, None)
        if isinstance(answer, errors.KubeError):
            raise answer
        yield Response(Content(answer or []))
        if answer is None:
            await asyncio.get_running_loop().create_future()


def cluster(server: Server) -> Client:
    """A client of it."""
    found = Client(access.Access(server="http://127.0.0.1:9"), name="far")
    found.transport = server  # type: ignore[assignment] - the same verbs
    return found


async def told(server: Server, count: int, **options: Any) -> list[Event]:
    """The first events of a watch."""
    events = watch.watch(cluster(server), resources.CONFIG_MAPS, namespace="shop", **options)
    async with asyncio.timeout(20):
        found = [await anext(events) for _ in range(count)]
    await events.aclose()
    return found


async def test_an_object_that_was_made_anew_while_nobody_looked_is_there_afterwards() -> None:
    """Its former self is told as gone before the new one as there, under whatever name it is kept."""
    server = Server(iter([[item("a", "1"), item("b", "2")], [item("a", "3")]]), iter([refusal(410)]))
    events = await told(server, 7)
    assert [(event.type, (event.object.get("metadata") or {}).get("uid")) for event in events] == [
        ("ADDED", "1"),
        ("ADDED", "2"),
        ("SYNCED", None),
        ("DELETED", "1"),
        ("ADDED", "3"),
        ("DELETED", "2"),
        ("SYNCED", None),
    ]


async def test_a_token_that_may_list_and_not_watch_asks_less_and_less_often() -> None:
    """The lists in between are no success; what is known is said to be known, and another reason is news."""
    server = Server(iter([[]] * 9), iter([refusal(403), refusal(403), refusal(403), refusal(500)]))
    events = await told(server, 8)
    lost = [event for event in events if event.type == "LOST"]
    assert [event.is_known for event in lost] == [False, True, True, False]
    pauses = [later - earlier for earlier, later in zip(server.asked, server.asked[1:], strict=False)]
    assert pauses[0] >= 0.19
    assert pauses[1] >= 0.39
    assert pauses[2] >= 0.79


async def test_a_watch_that_told_something_is_tried_again_soon() -> None:
    """Trouble that comes now and then is no reason to wait for long, and is told each time."""
    answers: list[Answer] = [refusal(500), refusal(500), [item("a", "1", 10)], refusal(500), refusal(500)]
    events = await told(Server(iter([[]] * 9), iter(answers)), 10)
    assert [event.is_known for event in events if event.type == "LOST"] == [False, True, False, True]


async def test_a_hurry_ends_the_pause() -> None:
    """Whoever knows that something is better need not wait."""
    server, hurry = Server(iter([[]] * 20), iter([refusal(403)] * 7)), asyncio.Event()
    events = watch.watch(cluster(server), resources.CONFIG_MAPS, namespace="shop", hurry=hurry)
    with suppress(TimeoutError):
        async with asyncio.timeout(20):
            async for event in events:
                if event.type == "LOST":
                    hurry.set()
                if len(server.asked) > 6:
                    break
    await events.aclose()
    assert len(server.asked) > 6
    assert server.asked[-1] - server.asked[0] < 6
