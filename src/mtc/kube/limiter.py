"""An adaptive limit on the requests in flight to one API server.

Additive increase while answers come as fast as before, multiplicative decrease on 429 and on rising latency: enough
requests to keep the server busy, never so many that it starts to queue or to refuse.
"""

import asyncio
from collections import deque
from contextvars import ContextVar

# Chosen on a 2-core machine: 32 in flight saturate a local API server; a distant one needs more to hide the round trip.
INITIAL = 32
LOWEST = 4
HIGHEST = 128
# With no more than these in flight there is room for what is in no hurry.
CALM = 4
_BETWEEN_S = 0.002
# Who comes last goes when nobody in a hurry has asked for anything for so long: few requests in flight can also mean that the program is busy.
QUIET_S = 0.05
#: Whether the requests of a task are of those who come last.
COMES_LAST: ContextVar[bool] = ContextVar("comes_last", default=False)
# A latency above this multiple of the best recent one means that requests queue inside the server.
CONGESTED = 6.0
# Latencies below this are noise of our own event loop.
NOISE_S = 0.05


class Limiter:
    """Bounds concurrent requests, each in an `async with` of it; `limit` moves between LOWEST and HIGHEST."""

    def __init__(self, *, initial: int = INITIAL) -> None:
        self.limit = float(initial)
        self._active = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        # Who is in no hurry, who comes even after those, and whether one of them is being let go.
        self._patient: deque[asyncio.Future[None]] = deque()
        self._last: deque[asyncio.Future[None]] = deque()
        self._letting_go = False
        self._looking_again = False
        self._hurried_at = float("-inf")
        self._best_s = float("inf")
        self._since_decrease = 0

    async def __aenter__(self) -> None:
        """Waits for a free place and takes it."""
        if not COMES_LAST.get():
            self._hurried_at = asyncio.get_running_loop().time()
        if self._active < int(self.limit) and not self._waiting:
            self._take()
            return
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._release()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._release()

    async def until_calm(self, *, at_most_s: float) -> None:
        """Waits while many requests are in flight or one waits, for what is in no hurry; but no longer than so many seconds.

        Who waits is let go one after the other, so that all of them together are no more than what fits. Tasks for which `COMES_LAST`
        is set wait for all others, those that wait here included.
        """
        last = COMES_LAST.get()
        if self._is_calm and not self._patient and (not last or (self._is_quiet and not self._last)):
            return
        turn = asyncio.get_running_loop().create_future()
        queue = self._last if last else self._patient
        queue.append(turn)
        self._let_go()
        try:
            async with asyncio.timeout(at_most_s):
                await turn
        except TimeoutError:
            pass  # long enough
        finally:
            if turn in queue:
                queue.remove(turn)

    @property
    def _is_calm(self) -> bool:
        return self._active <= CALM and not self._waiting

    @property
    def _is_quiet(self) -> bool:
        return asyncio.get_running_loop().time() - self._hurried_at >= QUIET_S

    def _let_go(self) -> None:
        if not (self._patient or self._last) or not self._is_calm or self._letting_go:
            return
        if not self._patient and not self._is_quiet:
            if not self._looking_again:
                self._looking_again = True
                asyncio.get_running_loop().call_later(QUIET_S, self._look_again)
            return
        while queue := self._patient or self._last:
            turn = queue.popleft()
            if not turn.done():
                turn.set_result(None)
                break
        # It takes its place now, or has nothing to ask: the next one is looked for after that.
        self._letting_go = True
        asyncio.get_running_loop().call_later(_BETWEEN_S, self._gone)

    def _gone(self) -> None:
        self._letting_go = False
        self._let_go()

    def _look_again(self) -> None:
        self._looking_again = False
        self._let_go()

    def answered(self, latency_s: float) -> None:
        """Tells of an answer: grow while it came quickly, shrink when answers slow down."""
        # The best latency decays so that a server that became slower for good is not held against its past.
        self._best_s = min(self._best_s * 1.001, max(latency_s, 1e-4))
        self._since_decrease += 1
        if latency_s > NOISE_S and latency_s > CONGESTED * self._best_s and self._since_decrease > self.limit:
            self._decrease(0.9)
        elif self._active >= int(self.limit):
            self.limit = min(HIGHEST, self.limit + 1.0 / self.limit)
        self._wake()

    def throttled(self) -> None:
        """Tells of a 429."""
        if self._since_decrease > self.limit / 2:
            self._decrease(0.5)

    def _decrease(self, factor: float) -> None:
        self.limit = max(LOWEST, self.limit * factor)
        self._since_decrease = 0

    def _take(self) -> None:
        self._active += 1

    def _release(self) -> None:
        self._active -= 1
        self._wake()
        self._let_go()

    def _wake(self) -> None:
        while self._waiting and self._active < int(self.limit):
            place = self._waiting.popleft()
            if not place.done():
                self._take()
                place.set_result(None)
