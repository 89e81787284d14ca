"""A client for work that had better wait than fail: it repeats requests until trouble that passes by itself has passed.

A backup or restore of an hour must not end because an API server was restarted, cut off or overloaded for a minute. What may
be repeated is what leads to the same end when it is done twice: reads, deletions, changes without a resourceVersion, and the
creation of named objects (whoever creates them looks at what exists). Trouble with one request while others are answered is
the trouble of that request, a broken webhook for instance, and is waited for much less.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from mtc.kube import errors
from mtc.kube.client import Client
from mtc.kube.http import aiohttp
from mtc.kube.transport import DEADLINE_S, Transport
from mtc.telemetry import logs

#: Longer than a control plane needs for an upgrade of itself.
PATIENCE_S = 900.0
#: Tries of a request that fails while others are answered: about a quarter of a minute.
_TRIES = 8
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 5.0
_PASSING = (errors.Unreachable, errors.ServerError, errors.TooManyRequests, errors.Conflict, errors.Gone)
#: 501 is no trouble but an answer.
_CODES = frozenset({500, 502, 503, 504})


def of(cluster: Client, *, patience_s: float = PATIENCE_S) -> Client:
    """A client of the same cluster, with the same connections, that waits so long for it. Watches are those of the client."""
    found = Client(cluster.access, name=cluster.name)
    found.transport = _Patient(cluster.transport, patience_s)
    return found


class _Patient(Transport):
    def __init__(self, inner: Transport, patience_s: float) -> None:
        super().__init__(inner.access, name=inner.name)
        self._inner, self._patience_s = inner, patience_s
        self.limiter = inner.limiter
        self._answered_at = float("-inf")
        self._log = logs.get(cluster=inner.name)

    async def close(self) -> None:
        """Nothing: the connections belong to the client."""

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
        """As the client's own, once the trouble is over. Raises what the last try raised."""
        begun, pause_s, tries = asyncio.get_running_loop().time(), _FIRST_PAUSE_S, 0
        while True:
            try:
                data = await self._inner.request(method, path, params=params, body=body, headers=headers, deadline_s=deadline_s)
            except _PASSING as error:
                tries += 1
                if not _may_repeat(method, params or {}, body or b"", error) or self._is_over(begun, tries, pause_s):
                    raise
                if tries == 1:
                    self._log.info("waiting for the API server", error=str(error))
            else:
                self._answered_at = asyncio.get_running_loop().time()
                return data
            await asyncio.sleep(pause_s * random.uniform(0.75, 1.25))  # noqa: S311
            pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)

    def _is_over(self, begun: float, tries: int, pause_s: float) -> bool:
        others_are_answered = self._answered_at > begun
        waited_s = asyncio.get_running_loop().time() - begun
        return (others_are_answered and tries >= _TRIES) or waited_s + pause_s > self._patience_s

    @asynccontextmanager
    async def open(self, method: str, path: str, **options: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        """As the client's own."""
        async with self._inner.open(method, path, **options) as response:
            yield response


def _may_repeat(method: str, params: Mapping[str, str], body: bytes, error: errors.KubeError) -> bool:
    """Whether doing it again leads to the same end, and is worth while."""
    match error:
        case errors.Conflict():
            # Of two that change the same thing beside ours, a quota for instance; one about our own version is for who read it.
            return method in {"POST", "PATCH"} and b'"resourceVersion"' not in body
        case errors.Gone():
            # Later pages of a list are for who has the first ones.
            return method == "GET" and "continue" not in params
        case errors.TooManyRequests():
            return True
        case errors.ServerError() if error.code not in _CODES:
            return False
        case _:
            # Who names an object by a prefix may have made it: the next try would make another one.
            return method != "POST" or b'"generateName"' not in body
