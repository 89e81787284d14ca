"""A line to an API server that can fall silent: connections stay open, bytes stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from mtc.kube.client import Client


@dataclass
class Line:
    """The line.

    Attributes:
        client: a client of the cluster that uses it.
        open: set while bytes pass.
    """

    client: Client
    open: asyncio.Event

    def hold(self) -> None:
        """From now on nothing passes."""
        self.open.clear()

    def release(self) -> None:
        """Everything passes again, what was held first."""
        self.open.set()


@asynccontextmanager
async def between(cluster: Client) -> AsyncIterator[Line]:
    """A line to a cluster, and a client at its end."""
    target = urlsplit(cluster.access.server)
    passing = asyncio.Event()
    passing.set()
    serving: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                await passing.wait()
                writer.write(data)
                await writer.drain()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.current_task())  # type: ignore[arg-type] — there is one
        there, back = await asyncio.open_connection(target.hostname, target.port)
        ways = [asyncio.create_task(pump(reader, back)), asyncio.create_task(pump(there, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for end in (back, writer):
                end.close()
                with suppress(ConnectionError):
                    await end.wait_closed()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    access = replace(cluster.access, server=f"https://127.0.0.1:{port}")
    async with Client(access, name=cluster.name) as client:
        yield Line(client, passing)
        passing.set()
    server.close()
    if serving:
        await asyncio.wait(serving)
