"""A store for work that had better wait than fail: it repeats what it was asked for until trouble that passes by itself has passed.

Storage that does not answer is back some day, and one that is full is when somebody has made space. Wrong credentials and
a bucket that is not there are told at once. Each method of the port may be repeated: an object is written whole or not at all.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from mtc.store import errors
from mtc.store.port import Store

T = TypeVar("T")

#: Time for a person who is told to make space, or for a server to be started again.
PATIENCE_S = 1800.0
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 10.0
_PASSING = (errors.StoreUnreachable, errors.StoreFull)

#: Is told what is wrong while it is being waited for, and "" when it is over.
Tell = Callable[[str], Awaitable[None]]


class Patient:
    """The port over another store.

    Args:
        inner: the store.
        tell: is told of trouble.
        patience_s: how long the end of one trouble is waited for.
    """

    def __init__(self, inner: Store, *, tell: Tell, patience_s: float = PATIENCE_S) -> None:
        self._inner, self._tell, self._patience_s = inner, tell, patience_s
        self._told = ""

    @property
    def where(self) -> str:
        """The place for messages."""
        return self._inner.where

    async def put(self, key: str, data: bytes) -> None:
        """Writes a small object."""
        await self._patiently(lambda: self._inner.put(key, data))

    async def put_new(self, key: str, data: bytes) -> bool:
        """Writes a small object unless there is one."""
        return await self._patiently(lambda: self._inner.put_new(key, data))

    async def put_file(self, key: str, path: Path) -> None:
        """Writes a large object from a file, in parts."""
        await self._patiently(lambda: self._inner.put_file(key, path))

    async def get(self, key: str) -> bytes:
        """A small object."""
        return await self._patiently(lambda: self._inner.get(key))

    async def get_file(self, key: str, path: Path) -> int:
        """Reads a large object into a file."""
        return await self._patiently(lambda: self._inner.get_file(key, path))

    async def exists(self, key: str) -> bool:
        """Whether the object exists."""
        return await self._patiently(lambda: self._inner.exists(key))

    async def keys(self, prefix: str) -> AsyncIterator[str]:
        """All keys that begin with the prefix."""

        async def listed() -> list[str]:
            return [key async for key in self._inner.keys(prefix)]

        for key in await self._patiently(listed):
            yield key

    async def folders(self, prefix: str) -> list[str]:
        """Names of the folders directly below the prefix."""
        return await self._patiently(lambda: self._inner.folders(prefix))

    async def delete(self, keys: list[str]) -> None:
        """Removes objects."""
        await self._patiently(lambda: self._inner.delete(keys))

    async def sign(self, key: str, expires: timedelta) -> str:
        """A URL with which anybody can GET the object for a while."""
        return await self._patiently(lambda: self._inner.sign(key, expires))

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        end, pause_s = asyncio.get_running_loop().time() + self._patience_s, _FIRST_PAUSE_S
        while True:
            try:
                result = await work()
            except _PASSING as error:
                if asyncio.get_running_loop().time() + pause_s > end:
                    raise
                await self._say(str(error))
            else:
                await self._say("")
                return result
            await asyncio.sleep(pause_s)
            pause_s = min(_LONGEST_PAUSE_S, pause_s * 2)

    async def _say(self, text: str) -> None:
        if text != self._told:
            self._told = text
            await self._tell(text)
