"""Run several things at once; the first that fails stops the others, and its own error is what the caller gets."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def together(*work: Coroutine[Any, Any, Any]) -> list[Any]:
    """What they return, when all are done.

    Raises:
        Exception: the error of the first that failed, without the group that a TaskGroup wraps it in.
    """
    try:
        async with asyncio.TaskGroup() as group:
            begun = [group.create_task(one) for one in work]
    except BaseExceptionGroup as failed:
        raise _first(failed) from failed
    return [one.result() for one in begun]


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
