"""What a cluster is believed to serve, with a server that publishes a definition later than it has it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from mtc.kube import access
from mtc.kube.client import Client, Object
from mtc.kube.mirror import Follower
from mtc.kube.mirrors import Mirrors
from mtc.kube.served import Served, ServedKinds

NAME = "things.example.com"
DEADLINE_S = 20


class Silence:
    """The body of a watch that tells nothing."""

    async def iter_any(self) -> AsyncIterator[bytes]:
        """Never anything."""
        await asyncio.get_running_loop().create_future()
        yield b""


@dataclass
class Response:
    """The answer to a watch."""

    content: Silence = field(default_factory=Silence)


@dataclass
class Server:
    """Has definitions, publishes kinds, and tells when all watches have ended."""

    defined: set[str] = field(default_factory=set)
    published: set[str] = field(default_factory=set)
    watches: int = 0
    quiet: asyncio.Event = field(default_factory=asyncio.Event)
    discovered: int = 0

    async def request(self, _method: str, path: str, **_: Any) -> bytes:
        """A list, or discovery."""
        if path == "/apis":
            self.discovered += 1
        if path in {"/api", "/apis"}:
            groups = [_group(name) for name in self.published] if path == "/apis" else []
            return orjson.dumps({"kind": "APIGroupDiscoveryList", "items": groups})
        names = self.defined if path.endswith("/customresourcedefinitions") else ()
        items = [{"metadata": {"name": name, "uid": name, "resourceVersion": "1"}} for name in names]
        return orjson.dumps({"kind": "List", "metadata": {"resourceVersion": "9"}, "items": items})

    @asynccontextmanager
    async def open(self, *_: Any, **__: Any) -> AsyncIterator[Response]:
        """A watch."""
        self.watches += 1
        self.quiet.clear()
        try:
            yield Response()
        finally:
            self.watches -= 1
            if not self.watches:
                self.quiet.set()


def _group(name: str) -> Object:
    plural, _, group = name.partition(".")
    kind = {"resource": plural, "responseKind": {"kind": "Thing"}, "scope": "Namespaced", "verbs": ["list"]}
    return {"metadata": {"name": group}, "versions": [{"version": "v1", "resources": [kind]}]}


class Reader:
    """Reads what a server serves, as steps do."""

    def __init__(self, server: Server, *, idle_s: float = 60) -> None:
        self.mirrors = Mirrors({}, idle_s=idle_s)
        self._served, self._follower = ServedKinds(self.mirrors), Follower("one", lambda *_: None)
        self._cluster = Client(access.Access(server="http://127.0.0.1:9"), name="far")
        self._cluster.transport = server  # type: ignore[assignment] - the same verbs

    async def read(self) -> Served:
        """What it serves."""
        return await self._served.read(self._cluster, self._follower)

    def leave(self) -> None:
        """Depends on nothing any more."""
        self.mirrors.follow(self._follower, ())


@asynccontextmanager
async def reading(server: Server, *, idle_s: float = 60) -> AsyncIterator[Reader]:
    """A reader whose mirrors run."""
    reader = Reader(server, idle_s=idle_s)
    async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as group:
        running = group.create_task(reader.mirrors.run())
        await asyncio.sleep(0)
        yield reader
        running.cancel()


def serves(found: Served) -> bool:
    """Whether the kind is among it."""
    return found.discovery.serves("example.com", "v1", "things")


async def test_what_is_published_is_settled_at_once() -> None:
    """Where each definition is published nobody looks twice."""
    server = Server({NAME}, {NAME})
    async with reading(server) as reader:
        for _ in range(3):
            found = await reader.read()
            assert serves(found)
            assert found.again_s is None
            assert found.custom_groups == {"example.com"}
    assert server.discovered == 1


async def test_a_definition_that_was_made_just_before_is_served_as_soon_as_it_is_published() -> None:
    """No change tells of it: it was there when its mirror began, and published only afterwards."""
    server = Server({NAME})
    async with reading(server) as reader:
        found = await reader.read()
        assert not serves(found)
        assert found.again_s is not None
        server.published.add(NAME)
        await asyncio.sleep(found.again_s)
        found = await reader.read()
    assert serves(found)
    assert found.again_s is None


async def test_what_changed_between_two_mirrors_is_read() -> None:
    """While nobody cared nobody watched: what was read before that proves nothing."""
    server = Server()
    async with reading(server, idle_s=0.01) as reader:
        assert not serves(await reader.read())
        reader.leave()
        await server.quiet.wait()
        server.defined.add(NAME)
        server.published.add(NAME)
        assert serves(await reader.read())
