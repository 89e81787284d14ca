"""A door in front of HTTP servers: it lets in who has the right login, or leads to where an address is that nobody routes.

async with doors.door(lambda host: registry.host, login=("ignored", token)) as address:       # a server with a lock
async with doors.door({"10.0.0.7:5000": registry.host}.get) as address:                       # HTTP_PROXY=http://<address>
"""

import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

_OWN = frozenset({"transfer-encoding", "content-length", "connection", "proxy-connection"})


@asynccontextmanager
async def door(way: Callable[[str], str | None], *, login: tuple[str, str] | None = None) -> AsyncIterator[str]:
    """Host and port of the door, until the block ends.

    Args:
        way: by what a request is addressed to, the host and port of the server that answers it; None where there is none.
        login: the only user and password that it lets in.
    """
    key = f"Basic {base64.b64encode(':'.join(login).encode()).decode()}" if login else ""

    async def answer(request: web.Request) -> web.StreamResponse:
        if key and request.headers.get("Authorization") != key:
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="door"'})
        target = way(request.headers.get("Host", ""))
        if target is None:
            return web.Response(status=502)
        # A client may name what it accepts in several headers of one name.
        headers = CIMultiDict((name, value) for name, value in request.headers.items() if name.lower() not in _OWN)
        async with session.request(
            request.method, f"http://{target}{request.path_qs}", data=await request.read(), headers=headers, allow_redirects=False
        ) as found:
            kept = {name: value for name, value in found.headers.items() if name.lower() not in _OWN}
            return web.Response(status=found.status, body=await found.read(), headers=kept)

    app = web.Application(client_max_size=2**26)
    app.router.add_route("*", "/{any:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            yield f"127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()
