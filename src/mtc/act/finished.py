"""Waits until a Backup, Restore or storage location has come to an end, and says which. The decisions are pure."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from mtc.act import errors
from mtc.kube import watch
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.look.errors import NothingFound

#: The same words for Backups and Restores.
FINISHED = frozenset({"Completed", "PartiallyFailed", "Failed", "FailedValidation"})
_DONE, _FAILED, _WITH_WARNINGS = 0, 1, 3


def phase(item: Object) -> str:
    """`status.phase`."""
    return str((item.get("status") or {}).get("phase") or "")


def is_finished(item: Object) -> bool:
    """Whether a Backup or Restore has ended, however."""
    return phase(item) in FINISHED


def code(item: Object) -> int:
    """What the command exits with after a Backup or Restore."""
    if phase(item) != "Completed":
        return _FAILED
    return _WITH_WARNINGS if (item.get("status") or {}).get("warnings") else _DONE


def text(item: Object) -> str:
    """How it has ended, in a line."""
    status = item.get("status") or {}
    counts = [f"{status[key]} {key}" for key in ("errors", "warnings") if status.get(key)]
    why = [*(status.get("validationErrors") or []), *([status["failureReason"]] if status.get("failureReason") else [])]
    shown = f"{item['kind']} {item['metadata']['name']}: {phase(item) or 'New'}"
    return shown + (f" ({', '.join(counts)})" if counts else "") + "".join(f"\n  {reason}" for reason in why)


def progress(item: Object) -> str:
    """How far it is; "" where it does not tell."""
    found = (item.get("status") or {}).get("progress") or {}
    total = found.get("totalItems")
    done = found.get("itemsBackedUp", found.get("itemsRestored"))
    return f"{phase(item)}: {done or 0} of {total} objects" if total else phase(item)


async def wait(
    cluster: Client,
    kind: ResourceType,
    name: str,
    wanted: Callable[[Object], bool],
    *,
    namespace: str,
    timeout_s: float | None,
    tell: Callable[[Object], object] = lambda _: None,
) -> Object:
    """The object as soon as it is as wanted.

    Args:
        cluster: where it is.
        kind: its type.
        name: its name.
        wanted: whether it is as wanted.
        namespace: of the engine.
        timeout_s: how long to wait, None for ever.
        tell: is given the object at each change.

    Raises:
        NothingFound: it is not, or no longer, there.
        errors.TimedOut: it has not come so far in time.
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
                        raise NothingFound(f"{kind.kind} {name} is not, or no longer, in namespace {namespace} of cluster {cluster.name}.")
                    is_there = True
                    if event.object:
                        tell(event.object)
                        if wanted(event.object):
                            return event.object
    except TimeoutError:
        pass
    msg = f"{kind.kind} {name} has not come to its end within {timeout_s:g} s. It goes on; `mtc get {kind.kind.lower()} {name}` shows it."
    raise errors.TimedOut(msg)
