"""What a restore finds out about a namespace of the target once, however many objects ask."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from mtc.kube import errors

T = TypeVar("T")


class Looks(Generic[T]):
    """Looks once for each namespace.

    Args:
        look: finds it out; may raise KubeError.
        otherwise: what holds where that fails.
    """

    def __init__(self, look: Callable[[str], Awaitable[T]], *, otherwise: T) -> None:
        self._look, self._otherwise = look, otherwise
        self._known: dict[str, asyncio.Future[T]] = {}

    async def of(self, namespace: str) -> T:
        """What is known of a namespace."""
        if namespace not in self._known:
            self._known[namespace] = asyncio.ensure_future(self._found(namespace))
        return await asyncio.shield(self._known[namespace])

    async def _found(self, namespace: str) -> T:
        try:
            return await self._look(namespace)
        except errors.KubeError:
            # The next object asks again: this one may have met a moment's trouble.
            self._known.pop(namespace, None)
            return self._otherwise
