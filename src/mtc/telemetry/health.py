"""Tells probes whether a component serves: GET on any path answers 200 or 503. No HTTP framework: nothing is read or decided."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_LONGEST_REQUEST_S = 5.0


class Health:
    """The state that is told; set `is_ready` when the component serves."""

    def __init__(self) -> None:
        self.is_ready = False

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_LONGEST_REQUEST_S):
                await reader.readuntil(b"\r\n\r\n")
                status, text = ("200 OK", b"ok\n") if self.is_ready else ("503 Service Unavailable", b"starting\n")
                head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n"
                writer.write(head.encode() + text)
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever asked is gone or speaks something else
        finally:
            writer.close()


@asynccontextmanager
async def served(port: int | None) -> AsyncIterator[Health]:
    """The health of this process, told on a port of all addresses of its pod; None for nowhere, as on a person's machine."""
    health = Health()
    if port is None:
        yield health
        return
    server = await asyncio.start_server(health._answer, port=port, limit=16 * 1024)  # noqa: SLF001 - the other half of this module
    async with server:
        yield health
