"""Ask a server over HTTP whether it is ready, without any client library: one GET, and only its status counts."""

import asyncio
import contextlib
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from mtc.lab import errors

_TRY_S = 5
_PAUSE_S = 0.1
OK = 200


async def status(url: str, *, authority: Path | None = None) -> int | None:
    """The HTTP status of a GET, or None where nobody answers.

    Args:
        url: `http://` or `https://`.
        authority: certificate that the server's is signed with; for https only.
    """
    parts = urlsplit(url)
    context = ssl.create_default_context(cafile=authority) if parts.scheme == "https" else None
    port = parts.port or (443 if context else 80)
    request = f"GET {parts.path or '/'} HTTP/1.1\r\nHost: {parts.hostname}:{port}\r\nConnection: close\r\n\r\n"
    try:
        async with asyncio.timeout(_TRY_S):
            reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=context)
            try:
                writer.write(request.encode())
                line = await reader.readline()
            finally:
                writer.close()
                with contextlib.suppress(OSError, ssl.SSLError):
                    await writer.wait_closed()
    except (OSError, TimeoutError):
        return None
    fields = line.split()
    return int(fields[1]) if len(fields) > 1 and fields[1].isdigit() else None


async def until_answers(url: str, *, authority: Path | None = None, deadline_s: float) -> None:
    """Return when a GET is answered with success.

    Raises:
        errors.ProgramTimedOut: it was not before the deadline.
    """
    last: int | None = None
    try:
        async with asyncio.timeout(deadline_s):
            while True:
                last = await status(url, authority=authority)
                if last == OK:
                    return
                await asyncio.sleep(_PAUSE_S)
    except TimeoutError as error:
        said = "nobody answered" if last is None else f"the last answer was HTTP {last}"
        raise errors.ProgramTimedOut(f"{url} was not ready after {deadline_s:g} s: {said}.") from error


async def until_connects(host: str, port: int, *, deadline_s: float) -> None:
    """Return when a TCP connection is accepted.

    Raises:
        errors.ProgramTimedOut: it was not before the deadline.
    """
    try:
        async with asyncio.timeout(deadline_s):
            while not await _connects(host, port):  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(_PAUSE_S)
    except TimeoutError as error:
        raise errors.ProgramTimedOut(f"Nobody accepted a connection to {host}:{port} for {deadline_s:g} s.") from error


async def _connects(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(_TRY_S):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
