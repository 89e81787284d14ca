"""A way to a server that can be cut: connections end at once and new ones are refused or swallowed, until it is mended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit


class Proxy:
    """Passes TCP on.

    Attributes:
        url: where it listens, with the scheme of the server behind it.
    """

    def __init__(self, server: str) -> None:
        parts = urlsplit(server)
        self._scheme, self._host, self._port = parts.scheme, parts.hostname or "", parts.port or 443
        self._open: set[asyncio.StreamWriter] = set()
        self._is_cut = False
        self.url = ""

    def cut(self) -> None:
        """From now on nothing gets through: what is open ends, what is opened is closed at once."""
        self._is_cut = True
        for writer in list(self._open):
            writer.transport.abort()

    def mend(self) -> None:
        """From now on everything gets through again."""
        self._is_cut = False

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection."""
        if self._is_cut:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        self._open |= {writer, far_writer}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(reader, far_writer))
                group.create_task(_pump(far_reader, writer))
        finally:
            self._open -= {writer, far_writer}
            writer.transport.abort()
            far_writer.transport.abort()

    def listens_on(self, port: int) -> None:
        """Notes the port that it got."""
        self.url = f"{self._scheme}://127.0.0.1:{port}"


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def before(server: str) -> AsyncIterator[Proxy]:
    """A proxy before a server, on a free port of loopback."""
    proxy = Proxy(server)
    listener = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    proxy.listens_on(listener.sockets[0].getsockname()[1])
    try:
        yield proxy
    finally:
        proxy.cut()
        listener.close()
