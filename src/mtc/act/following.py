"""Follows one object until it is as somebody waits for."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import TypeVar

from mtc.act import errors
from mtc.kube import watch
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.look.errors import NothingFound

T = TypeVar("T")


@contextmanager
def interruptible(text: Callable[[], str]) -> Iterator[None]:
    """Tells whoever interrupts a wait what goes on without them: ^C cancels the task of a command, and so does a deadline, which belongs inside.

    Args:
        text: what goes on, and how to follow or cancel it.

    Raises:
        errors.Interrupted: in place of the cancellation.
    """
    try:
        yield
    except asyncio.CancelledError:
        raise errors.Interrupted(text()) from None


async def until(
    cluster: Client,
    kind: ResourceType,
    name: str,
    found: Callable[[Object], T | None],
    *,
    namespace: str,
    timeout_s: float | None,
    gone: str,
    late: str,
) -> T:
    """What is found in the object, as soon as there is something.

    Args:
        cluster: where it is.
        kind: its type.
        name: its name.
        found: is given the object at each change; None goes on waiting.
        namespace: of the object.
        timeout_s: how long to wait, None for ever.
        gone: what is told where the object is not, or no longer, there.
        late: what is told where nothing was found in time.

    Raises:
        NothingFound: it is not, or no longer, there.
        errors.TimedOut: nothing was found in time.
    """
    try:
        async with asyncio.timeout(timeout_s):
            events = watch.watch(cluster, kind, namespace=namespace, field_selector=f"metadata.name={name}")
            async with aclosing(events):
                is_there = False
                async for event in events:
                    if event.type == "LOST" and event.error is not None:
                        raise event.error
                    if event.type == "DELETED" or (event.type == "SYNCED" and not is_there):
                        raise NothingFound(gone)
                    is_there = True
                    if event.object and (answer := found(event.object)) is not None:
                        return answer
    except TimeoutError:
        pass
    raise errors.TimedOut(late)
