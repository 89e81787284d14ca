"""Answers GET requests of probes, of Prometheus and of people on a port of the pod. No HTTP framework: only the path is looked at.

What answers must be quick, and must not tell what is secret: whoever reaches the pod may ask.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus

_LONGEST_REQUEST_S = 5.0
_LONGEST_HEAD_BYTES = 16 * 1024


@dataclass(frozen=True)
class Answer:
    """What is answered.

    Attributes:
        body: the content.
        status: of HTTP.
        content_type: of the body.
    """

    body: bytes
    status: HTTPStatus = HTTPStatus.OK
    content_type: str = "text/plain; charset=utf-8"


#: Given the path of a request, without its query.
Answering = Callable[[str], Awaitable[Answer]]


@asynccontextmanager
async def served(port: int | None, answering: Answering) -> AsyncIterator[None]:
    """Answers on a port of all addresses of this pod; None for nowhere, as on a person's machine."""
    if port is None:
        yield
        return

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_LONGEST_REQUEST_S):
                answer = await answering(_path(await reader.readuntil(b"\r\n\r\n")))
                writer.write(_head(answer) + answer.body)
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever asked is gone or speaks something else
        finally:
            writer.close()

    server = await asyncio.start_server(connected, port=port, limit=_LONGEST_HEAD_BYTES)
    async with server:
        yield


def _path(head: bytes) -> str:
    words = head.split(b"\r\n", 1)[0].split()
    return words[1].decode("ascii", "replace").partition("?")[0] if len(words) > 1 else ""


def _head(answer: Answer) -> bytes:
    status = f"HTTP/1.1 {answer.status.value} {answer.status.phrase}"
    fields = f"Content-Type: {answer.content_type}\r\nContent-Length: {len(answer.body)}\r\nConnection: close"
    return f"{status}\r\n{fields}\r\n\r\n".encode()
