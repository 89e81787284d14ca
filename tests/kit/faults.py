"""A way to an HTTP server on which things go wrong: answers that are refusals, cut in the middle or never come, until it is mended.

    async with faults.before(server) as way:
        way.breaks(faults.BUSY, share=0.3)      # three of ten requests that the fault concerns
        ...
        way.mend()

It speaks plain HTTP to whoever comes, whatever the server speaks; credentials in headers pass as they are.
"""

import asyncio
import contextlib
import io
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NoReturn

import orjson
import yarl
from aiohttp import ClientError, ClientSession, ClientTimeout, web

_HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "keep-alive", "expect", "content-length"})
_PUT_BACK_S = 1
_WRITES = frozenset({"POST", "PUT", "PATCH"})


def _anything(_: web.BaseRequest) -> bool:
    return True


def _writes(request: web.BaseRequest) -> bool:
    return request.method in _WRITES


def _reads(request: web.BaseRequest) -> bool:
    return request.method == "GET"


def _goes_on(request: web.BaseRequest) -> bool:
    """Whether it goes on where an earlier one ended: nothing else can come too late."""
    return _reads(request) and bool({"resourceVersion", "continue"} & request.query.keys())


@dataclass(frozen=True)
class Fault:
    """What goes wrong.

    Attributes:
        title: for people.
        concerns: which requests it can hit.
        code: the answer is this refusal; 0 for none.
        reason: the word of the refusal.
        cuts: the connection ends in the middle of the answer.
        is_silent: nothing is answered before the way is mended, open answers stop.
        is_closed: connections end at once, and open ones too.
    """

    title: str
    concerns: Callable[[web.BaseRequest], bool] = _anything
    code: int = 0
    reason: str = ""
    cuts: bool = False
    is_silent: bool = False
    is_closed: bool = False


CONFLICT = Fault("conflict", _writes, code=409, reason="Conflict")
GONE = Fault("gone", _goes_on, code=410, reason="Expired")
BUSY = Fault("busy", code=429, reason="TooManyRequests")
BROKEN = Fault("broken", code=500, reason="InternalError")
CUT = Fault("cut", _reads, cuts=True)
SILENCE = Fault("silence", is_silent=True)
PARTITION = Fault("partition", is_closed=True)
FULL = Fault("full", _writes, code=507, reason="XMinioStorageFull")
SLOW_DOWN = Fault("slow-down", code=503, reason="SlowDown")


@dataclass
class Way:
    """The way to a server.

    Attributes:
        url: where it begins.
        met: how many requests met a fault since the last `breaks`; the first that can does, others as the share wants it.
        hurts: whether one has.
    """

    server: str
    as_s3: bool
    url: str = ""
    met: int = 0
    hurts: asyncio.Event = field(default_factory=asyncio.Event)
    _fault: Fault | None = None
    _share: float = 1.0
    _random: random.Random = field(default_factory=lambda: random.Random(7))
    _mended: asyncio.Event = field(default_factory=asyncio.Event)
    _open: set[asyncio.Transport] = field(default_factory=set)

    def breaks(self, fault: Fault, *, share: float = 1.0) -> None:
        """From now on this goes wrong with a share of the requests."""
        self._fault, self._share, self.met = fault, share, 0
        self._mended.clear()
        self.hurts.clear()
        if fault.is_closed:
            for transport in list(self._open):
                transport.abort()

    def mend(self) -> None:
        """From now on nothing goes wrong."""
        self._fault = None
        self._mended.set()

    async def pass_on(self, request: web.BaseRequest, session: ClientSession) -> web.StreamResponse:
        """The answer to a request, or what becomes of it."""
        assert isinstance(request.transport, asyncio.Transport)
        transport = request.transport
        self._open.add(transport)
        try:
            fault = self._hit(request)
            if fault is not None and fault.is_closed:
                transport.abort()
                raise asyncio.CancelledError
            if fault is not None and fault.is_silent:
                await self._mended.wait()
            elif fault is not None and fault.code:
                return self._refusal(fault)
            return await self._passed(request, session, cuts=fault is not None and fault.cuts)
        finally:
            self._open.discard(transport)

    def _hit(self, request: web.BaseRequest) -> Fault | None:
        fault = self._fault
        if fault is None or not fault.concerns(request):
            return None
        if self.met and self._random.random() >= self._share:
            return None
        self.met += 1
        self.hurts.set()
        return fault

    def _refusal(self, fault: Fault) -> web.Response:
        headers = {"Retry-After": str(_PUT_BACK_S)} if fault.code == BUSY.code else {}
        if self.as_s3:
            text = f'<?xml version="1.0"?><Error><Code>{fault.reason}</Code><Message>{fault.title} for a test</Message></Error>'
            return web.Response(status=fault.code, text=text, content_type="application/xml", headers=headers)
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": fault.reason, "code": fault.code}
        body = orjson.dumps({**status, "message": f"{fault.title} for a test"})
        return web.Response(status=fault.code, body=body, content_type="application/json", headers=headers)

    async def _passed(self, request: web.BaseRequest, session: ClientSession, *, cuts: bool) -> web.StreamResponse:
        url = yarl.URL(self.server + request.raw_path, encoded=True)
        headers = {key: value for key, value in request.headers.items() if key.lower() not in _HOP_BY_HOP}
        body = await request.content.read()
        try:
            async with session.request(
                request.method, url, headers=headers, data=io.BytesIO(body) if body else None, allow_redirects=False, ssl=False
            ) as answer:
                kept = {key: value for key, value in answer.headers.items() if key.lower() not in _HOP_BY_HOP - {"content-length"}}
                response = web.StreamResponse(status=answer.status, headers=kept)
                await response.prepare(request)
                async for chunk in answer.content.iter_any():
                    await self._still(request)
                    await response.write(chunk[: len(chunk) // 2] if cuts else chunk)
                    if cuts:
                        await asyncio.sleep(0)
                        self._abort(request)
                await response.write_eof()
                return response
        except (ClientError, OSError):
            self._abort(request)

    async def _still(self, request: web.BaseRequest) -> None:
        """Holds an answer back that is on its way when silence begins."""
        fault = self._fault
        if fault is not None and fault.is_silent and fault.concerns(request):
            await self._mended.wait()

    def _abort(self, request: web.BaseRequest) -> NoReturn:
        if request.transport is not None:
            request.transport.abort()
        raise asyncio.CancelledError


@asynccontextmanager
async def before(server: str, *, as_s3: bool = False) -> AsyncIterator[Way]:
    """A way to a server, from a free port of loopback."""
    way = Way(server.rstrip("/"), as_s3)
    limits = ClientTimeout(total=None)
    async with ClientSession(
        timeout=limits, auto_decompress=False, skip_auto_headers=("Accept-Encoding", "User-Agent", "Content-Type")
    ) as session:

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            return await way.pass_on(request, session)

        runner = web.ServerRunner(web.Server(handle, handler_cancellation=True, auto_decompress=False), shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        way.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield way
        finally:
            way.mend()
            way.breaks(PARTITION)  # watches end
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(runner.cleanup(), 10)
