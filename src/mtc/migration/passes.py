"""The frame around each pass over a declaration: a deadline, and trouble that becomes a condition.

Trouble (an API server that fails in the middle, an object of a wrong form) ends the pass with ReconcileFailed in place of
Ready; what was known before stays to be read. A defect does the same, and is reported in the log: nobody may read Ready of an
object that nobody can look after.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from mtc import errors
from mtc.api import base, conditions
from mtc.api.conditions import Condition
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration import checks, events, record
from mtc.migration.record import Findings
from mtc.telemetry import logs

#: Longer than any single request of a healthy pass by far, short enough that a hanging cluster is told about.
DEADLINE_S = 45.0
#: After an expected error; events may come earlier.
RETRY_S = 10.0

_log = logs.get(part="passes")


@dataclass(frozen=True)
class Done:
    """A pass that has been made.

    Attributes:
        read: the object as the pass found it.
        through: whether it came to its end.
        written: whether the object still stood so at the end; where not, the pass counts for nothing.
    """

    read: Object
    through: bool
    written: bool

    def again_s(self, after_s: float | None) -> float | None:
        """When to pass again: after these seconds, at once where this pass counts for nothing."""
        return after_s if self.written else 0.0


async def over(
    kind: ResourceType,
    ref: base.Ref,
    *,
    host: Client,
    look: Callable[[Object], Awaitable[Findings]],
    clock: Callable[[], datetime],
    deadline_s: float = DEADLINE_S,
    tell: events.Tell = events.emit_conditions,
) -> Done | None:
    """A pass from reading the object to writing what was found out about it; None where it is gone.

    Args:
        kind: of the object.
        ref: which one.
        host: the cluster where it lives.
        look: finds out, given the object.
        clock: the time.
        deadline_s: for finding out.
        tell: emits an Event for each condition that has changed.
    """
    read = await host.find(kind, ref.name, namespace=ref.namespace)
    if read is None:
        return None
    findings, through = await guarded(read, look(read), deadline_s=deadline_s)
    return Done(read, through, bool(await record.write(host, kind, read, findings, now=clock(), tell=tell)))


async def guarded(read: Object, work: Awaitable[Findings], *, deadline_s: float = DEADLINE_S) -> tuple[Findings, bool]:
    """The findings of a pass, or ReconcileFailed; and whether the pass came to its end."""
    meta = read["metadata"]
    try:
        async with asyncio.timeout(deadline_s):
            return await work, True
    except TimeoutError:
        why = f"it was not through after {deadline_s:g} seconds, so some API server is very slow."
    except errors.MtcError as error:
        why = str(error)
    except Exception as error:  # noqa: BLE001 - as the loop does, which this is the inner part of
        why = f"an unexpected {type(error).__name__} occurred."
        _log.error("pass failed", kind=read["kind"], object=f"{meta['namespace']}/{meta['name']}", exc_info=error)
    text = (
        f"Looking after {read['kind']} {meta['namespace']}/{meta['name']} failed: {why} It is tried again; the controller's log has more."
    )
    return Findings(staged=[*_kept(read), checks.critical(conditions.RECONCILE_FAILED, "", text)], through=False), False


def _kept(read: Object) -> list[Condition]:
    known = conditions.readable(read.get("status"))
    return [item for item in known if item.type not in {conditions.READY, conditions.RECONCILE_FAILED}]
