"""Somebody else answers for an API server, or an object cannot be kept: what becomes of clients, watches and mirrors."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest

from mtc.kube import access, discovery, errors, resources, watch
from mtc.kube.client import Client, Object
from mtc.kube.mirror import Follower, Shape, Topic
from mtc.kube.mirrors import Mirrors
from mtc.kube.transport import Transport

PAGES = [b"<html>Please sign in</html>", b"[1, 2]", b'"up"', b'{"kind": "Namespace", "metadata": {"resourceVersion": "7"}}']
DEADLINE_S = 20


class Content:
    """The body of a watch that is a page."""

    def __init__(self, page: bytes) -> None:
        self.content, self._page = self, page

    async def iter_any(self) -> AsyncIterator[bytes]:
        """All of it, then silence."""
        yield self._page + b"\n"
        await asyncio.get_running_loop().create_future()


class Server:
    """Answers lists as told, everything else with a page."""

    def __init__(self, page: bytes, items: list[Object] | None = None) -> None:
        self.page, self.items = page, items

    async def request(self, *_: Any, **__: Any) -> bytes:
        """The list, else the page."""
        if self.items is None:
            return self.page
        return orjson.dumps({"kind": "SecretList", "metadata": {"resourceVersion": "9"}, "items": self.items})

    @asynccontextmanager
    async def open(self, *_: Any, **__: Any) -> AsyncIterator[Content]:
        """A watch."""
        yield Content(self.page)


def client(server: Server) -> Client:
    """A client of it."""
    found = Client(access.Access(server="http://console.example.org"), name="far")
    found.transport = server  # type: ignore[assignment] - the same verbs
    return found


def item(name: str, **content: Any) -> Object:
    """A Secret."""
    return {"metadata": {"name": name, "namespace": "shop", "uid": name, "resourceVersion": "1"}, **content}


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_in_place_of_an_answer_is_no_answer(page: bytes) -> None:
    """The message names cluster and URL, and repeats nothing of the page."""
    far = client(Server(page))

    calls: list[Awaitable[Any]] = [far.version(), far.list_all(resources.SECRETS, namespace="shop")]
    if b"Namespace" not in page:
        calls += [far.get(resources.SECRETS, "a", namespace="shop"), far.create(resources.SECRETS, item("a")), discovery.discover(far)]
    for call in calls:
        with pytest.raises(errors.Unreachable, match=r"far.*console\.example\.org") as caught:
            await call
        assert "sign in" not in str(caught.value)


@pytest.mark.parametrize("page", [*PAGES, b'{"type": "MODIFIED", "object": {}}'])
@pytest.mark.parametrize("items", [None, []])
async def test_a_watch_of_a_page_is_lost_and_goes_on(page: bytes, items: list[Object] | None) -> None:
    """Each attempt is told; none ends the watch."""
    events = watch.watch(client(Server(page, items)), resources.SECRETS, namespace="shop")
    async with asyncio.timeout(DEADLINE_S):
        lost = 0
        async for event in events:
            lost += event.type == "LOST"
            if lost == 2:
                break
    await events.aclose()


async def test_an_object_that_cannot_be_kept_is_the_trouble_of_its_mirror_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers of that collection are told, those of others read on; once it can be kept, all is well again."""
    monkeypatch.setattr("mtc.kube.mirror.LOST_S", 0.05)
    broken, sound = client(Server(b"{}", [item("a", data=1)])), client(Server(b"{}", [item("b", data={})]))

    def keep(found: Object) -> Object:
        return {**found, "data": {**found["data"]}}

    mirrors = Mirrors({resources.SECRETS: Shape(keep=keep)})
    follower = Follower("one", lambda *_: None)
    async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as group:
        running = group.create_task(mirrors.run())
        await asyncio.sleep(0)
        with pytest.raises(errors.Unreachable, match="secrets of cluster far"):
            await mirrors.list(Topic(broken, resources.SECRETS, "shop"), follower)
        assert len(await mirrors.list(Topic(sound, resources.SECRETS, "shop"), follower)) == 1
        broken.transport.items = [item("a", data={})]  # type: ignore[attr-defined]
        while True:
            try:
                found = await mirrors.list(Topic(broken, resources.SECRETS, "shop"), follower)
                break
            except errors.Unreachable:
                await asyncio.sleep(0.01)
        assert [each["metadata"]["name"] for each in found] == ["a"]
        running.cancel()


@pytest.mark.parametrize("namespace", ["default?", "a#b", "..", "a/b"])
async def test_what_can_be_no_namespace_is_asked_of_nobody(namespace: str) -> None:
    """In a path it would mean something else than a namespace."""
    far = client(Server(b"<html>"))
    assert await far.find(resources.SECRETS, "a", namespace=namespace) is None
    with pytest.raises(errors.NotFound, match="Correct the reference"):
        await anext(far.pages(resources.SECRETS, namespace=namespace))
    mirrors = Mirrors({})
    async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as group:
        running = group.create_task(mirrors.run())
        await asyncio.sleep(0)
        mirrors.follow(Follower("one", lambda *_: None), [Topic(far, resources.SECRETS, namespace, "a")])
        assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("mirror ")]
        running.cancel()


async def test_a_token_that_can_stand_in_no_header_is_told_without_it() -> None:
    """As trouble with the cluster, not as a defect."""

    async def token() -> str:
        return "geheim\nnoch-geheimer"

    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        ended.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        transport = Transport(access.Access(server=f"http://{host}:{port}", token=token), name="far")
        try:
            with pytest.raises(errors.AccessError, match="far") as caught:
                await transport.request("GET", "/version", deadline_s=DEADLINE_S)
        finally:
            await transport.close()
            await ended.wait()
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None
