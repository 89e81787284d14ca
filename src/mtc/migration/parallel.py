"""Several requests at once, with a limit, in a task group whose first error comes out as itself."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")
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
