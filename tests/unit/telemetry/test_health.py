"""What probes are told."""

import asyncio
import socket

from kit import plain_http
from mtc.telemetry import health


async def ask(port: int) -> bytes:
    """The first line of an answer."""
    return (await plain_http.get(port, "/healthz")).splitlines()[0]


async def test_ready_only_when_it_serves() -> None:
    """503 until the component says that it serves, then 200; nonsense does not disturb it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with health.served(port) as told:
        assert b" 503 " in await ask(port)
        told.is_ready = True
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        await writer.wait_closed()
        assert b" 200 " in await ask(port)


async def test_nothing_listens_without_a_port() -> None:
    """On a person's machine no port is opened."""
    async with health.served(None) as told:
        assert not told.is_ready
