"""HTTP to one API server: one session, deadlines, retries, the adaptive limit, errors of our tree.

What is retried here, within the deadline of the request: 429 (the server did nothing yet) for every verb, obeying
Retry-After; 5xx and lost connections for reads only, because for a write nobody knows what happened.
"""

import asyncio
import functools
import io
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import orjson
import yarl

from mtc.kube import errors
from mtc.kube.access import Access
from mtc.kube.http import aiohttp
from mtc.kube.limiter import Limiter
from mtc.telemetry import requests

_LARGE_BYTES = 2**20
DEADLINE_S = 60.0
CONNECT_S = 10.0
_READS = frozenset({"GET", "HEAD"})
_RETRIED_CODES = frozenset({500, 502, 503, 504})
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0
_BODY_OF_ERROR = 2048


class Transport:
    """Sends requests to one API server. Close it, or use it as an async context manager."""

    def __init__(self, access: Access, *, name: str) -> None:
        self.access = access
        self.name = name
        self.limiter = Limiter()
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False

    async def close(self) -> None:
        """Ends all connections, for good: a watch that tries again must not open others, which nobody would end."""
        self._is_closed = True
        if self._session:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._is_closed:
            raise errors.Unreachable(
                f"The connection to cluster {self.name} has been ended: the cluster is gone, or reached in another way."
            )
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=30, keepalive_timeout=60)
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=True, read_bufsize=2**20
            )
        return self._session

    async def _headers(self, extra: Mapping[str, str] | None) -> dict[str, str]:
        headers = {"Accept": "application/json", "User-Agent": "mtc"}
        if token := await self.access.token():
            headers["Authorization"] = f"Bearer {token}"
        headers.update(extra or {})
        return headers

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> bytes:
        """The whole body of the answer.

        Raises:
            errors.ApiError: the server refused.
            errors.Unreachable: no answer within `deadline_s`.
        """
        end = time.monotonic() + deadline_s
        attempt = 0
        while True:
            try:
                async with self.limiter:
                    started = time.monotonic()
                    try:
                        data = await self._once(method, path, params, body, headers, end - started)
                    finally:
                        took_s = time.monotonic() - started
                        requests.note(self.name, method, path, took_s)
                    self.limiter.answered(took_s)
                    return data
            except errors.TooManyRequests as error:
                self.limiter.throttled()
                pause = error.retry_after_s or _backoff(attempt)
                if time.monotonic() + pause > end:
                    raise
            except (errors.ServerError, errors.Unreachable) as error:
                retried = method in _READS and (isinstance(error, errors.Unreachable) or error.code in _RETRIED_CODES)
                pause = _backoff(attempt)
                if not retried or attempt >= 3 or time.monotonic() + pause > end:  # noqa: PLR2004
                    raise
            attempt += 1
            await asyncio.sleep(pause)

    async def _once(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        left_s: float,
    ) -> bytes:
        """One try. Bulk work spends most of its time in here, so nothing is wrapped that need not be."""
        limits = aiohttp.ClientTimeout(total=max(left_s, 0.5), sock_connect=CONNECT_S)
        try:
            async with await self._send(method, path, params=params, body=body, headers=headers, limits=limits) as response:
                return await response.read()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise self._unreachable(method, path, error) from error

    async def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None,
        body: bytes | None,
        headers: Mapping[str, str] | None,
        limits: aiohttp.ClientTimeout,
    ) -> aiohttp.ClientResponse:
        """The answer to a request, to be entered and read. Raises ApiError where the server refused."""
        session, fields = self._open(), await self._headers(headers)
        try:
            response = await session.request(
                method,
                _url(self.access.server, path, tuple(params.items()) if params else ()),
                data=_body(body),
                headers=fields,
                timeout=limits,
                ssl=self.access.tls if self.access.tls is not None else True,
                server_hostname=self.access.server_name,
            )
        except aiohttp.ClientError:
            raise
        except ValueError:
            # Without the cause and its words, in which the token might stand.
            msg = f"{method} {path} on cluster {self.name}: URL, token or names hold characters that can stand in no request. Correct them."
            raise errors.AccessError(msg) from None
        if response.status >= 400:  # noqa: PLR2004
            async with response:
                raise await self._error(method, path, response)
        return response

    @asynccontextmanager
    async def open(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        deadline_s: float | None = None,
        silence_s: float | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """An answer whose body is still to be read: watches and logs. No retry, not counted by the limiter.

        Args:
            method: GET, POST, ...
            path: below the server's URL, with its leading slash.
            params: of the query.
            body: to send.
            headers: beside those that every request has.
            deadline_s: limit for the whole answer; None for streams.
            silence_s: longest pause between two pieces of the body.
        """
        limits = aiohttp.ClientTimeout(total=deadline_s, sock_connect=CONNECT_S, sock_read=silence_s)
        try:
            async with await self._send(method, path, params=params, body=body, headers=headers, limits=limits) as response:
                yield response
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise self._unreachable(method, path, error) from error

    def _unreachable(self, method: str, path: str, error: Exception) -> errors.Unreachable:
        if isinstance(error, TimeoutError):
            msg = f"{method} {path} on cluster {self.name}: no answer from {self.access.server} in time. Check that the API server is up."
            return errors.Unreachable(msg)
        return errors.Unreachable(self._explain(method, path, error))

    def _explain(self, method: str, path: str, error: Exception) -> str:
        # aiohttp's own text prints the SSL context; the operating system's reason is what helps.
        cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
        text = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
        hint = "Check the URL and that the API server is up."
        if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
            hint = "Its certificate is not trusted: give the CA that signed it."
        return f"{method} {path} on cluster {self.name}: {self.access.server} cannot be reached ({text}). {hint}"

    async def _error(self, method: str, path: str, response: aiohttp.ClientResponse) -> errors.ApiError:
        body = await response.content.read(64 * 1024)
        status: dict[str, Any] = {}
        try:
            parsed = orjson.loads(body)
            if isinstance(parsed, dict) and parsed.get("kind") == "Status":
                status = parsed
        except orjson.JSONDecodeError:
            pass
        if response.headers.get("Retry-After", "").isdigit():
            status.setdefault("details", {})
            status["details"] = {**(status["details"] or {}), "retryAfterSeconds": int(response.headers["Retry-After"])}
        text = "" if status else body[:_BODY_OF_ERROR].decode("utf-8", "replace")
        return errors.from_status(server=self.name, method=method, path=path, code=response.status, status=status, text=text)


def _body(data: bytes | None) -> bytes | io.BytesIO | None:
    """The HTTP library writes large bytes at once, and warns of it; a stream it writes piece by piece."""
    return io.BytesIO(data) if data is not None and len(data) > _LARGE_BYTES else data


@functools.lru_cache(maxsize=1024)
def _url(server: str, path: str, params: tuple[tuple[str, str], ...]) -> yarl.URL:
    """The whole URL; most requests of bulk work go to the same few."""
    return yarl.URL(server + path).with_query(params) if params else yarl.URL(server + path)


def _backoff(attempt: int) -> float:
    """Seconds to wait before try `attempt + 1`: doubling, with jitter so that clients do not return all at once."""
    return float(min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**attempt) * random.uniform(0.5, 1.5))  # noqa: S311
