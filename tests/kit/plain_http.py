"""HTTP without a library: what a server really sends."""

import asyncio


async def get(port: int, path: str) -> bytes:
    """The whole answer of a server on this machine, head included."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer
