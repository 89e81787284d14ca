"""Waits until a Backup, Restore or storage location has come to an end, and says which. The decisions are pure."""

from collections.abc import Callable

from mtc.act import following
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType

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

    def look(item: Object) -> Object | None:
        tell(item)
        return item if wanted(item) else None

    return await following.until(
        cluster,
        kind,
        name,
        look,
        namespace=namespace,
        timeout_s=timeout_s,
        gone=f"{kind.kind} {name} is not, or no longer, in namespace {namespace} of cluster {cluster.name}.",
        late=f"{kind.kind} {name} has not come to its end within {timeout_s or 0:g} s. It goes on; `mtc get {kind.kind.lower()} {name}` shows it.",
    )
