"""Several requests at once, with a limit, in a task group whose first error comes out as itself."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar, cast

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
# One pass must not crowd out the others.
_AT_ONCE = 16


async def gather(works: Iterable[Coroutine[Any, Any, T]], *, at_once: int = _AT_ONCE) -> list[T]:
    """The results in the order of the works. The first error ends all of them and is raised."""
    places, made = asyncio.Semaphore(at_once), list(works)

    async def one(work: Coroutine[Any, Any, T]) -> T:
        async with places:
            return await work

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(work)) for work in made]
    except BaseExceptionGroup as failed:
        # A task group wraps even a single error; callers tell errors apart by their type.
        raise failed.exceptions[0] from failed
    finally:
        # Works that a cancellation kept from beginning; for all others this does nothing.
        for work in made:
            work.close()
    return [task.result() for task in tasks]


async def both(one: Coroutine[Any, Any, A], other: Coroutine[Any, Any, B]) -> tuple[A, B]:
    """The results of two works of different kinds; errors as with many."""
    first, second = await gather([cast("Coroutine[Any, Any, object]", one), cast("Coroutine[Any, Any, object]", other)])
    return cast("A", first), cast("B", second)
