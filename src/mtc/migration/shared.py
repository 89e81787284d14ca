"""Facts of a cluster that many passes look at in the same moment, read once for all of them.

A fact is kept for so short a time (`MOMENT_S`) that a pass which a change has woken never sees what was before that change:
a watch wakes its followers 0.2 s after an event, and by then everything read before the event is too old. Facts that no watch
tells of may be kept longer; how long is said by who reads them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from mtc.kube.client import Client
from mtc.kube.transport import Transport

T = TypeVar("T")
#: Shorter than the time between an event and the wake-up that it causes.
MOMENT_S = 0.15
#: Beyond this, old facts of a cluster are cleared away; they are small.
_MOST = 2048


@dataclass
class _Kept:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    read_at: float = float("-inf")
    value: Any = None


class Shared:
    """Facts by cluster; those of a client that is gone go with it."""

    def __init__(self) -> None:
        # By connection: there may be several clients of one.
        self._kept: WeakKeyDictionary[Transport, dict[Hashable, _Kept]] = WeakKeyDictionary()

    async def get(self, cluster: Client, key: Hashable, read: Callable[[], Awaitable[T]], *, max_age_s: float = MOMENT_S) -> T:
        """The fact, read now unless it was a moment ago; who comes while it is being read waits for that.

        Args:
            cluster: whose fact.
            key: which one.
            read: reads it; what it raises is raised here, and not kept.
            max_age_s: how old it may be.
        """
        facts = self._kept.setdefault(cluster.transport, {})
        if len(facts) > _MOST:
            _forget_oldest(facts)
        kept = facts.setdefault(key, _Kept())
        now = asyncio.get_running_loop().time
        async with kept.lock:
            if now() - kept.read_at > max_age_s:
                begun = now()
                kept.value = await read()
                kept.read_at = begun
            value: T = kept.value
            return value


def _forget_oldest(facts: dict[Hashable, _Kept]) -> None:
    idle = [key for key, kept in facts.items() if not kept.lock.locked()]
    for key in sorted(idle, key=lambda key: facts[key].read_at)[: _MOST // 2]:
        del facts[key]
