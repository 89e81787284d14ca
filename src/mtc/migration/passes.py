"""The frame around each pass over a declaration: a deadline, and trouble that becomes a condition.

An expected error (an API server that fails in the middle, an object of a wrong form) ends the pass with ReconcileFailed in
place of Ready; what was known before stays to be read. A defect is not caught here: the loop reports and repeats it.
"""

import asyncio
from collections.abc import Awaitable

from mtc import errors
from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.kube.client import Object
from mtc.migration import checks
from mtc.migration.record import Findings

#: Longer than any single request of a healthy pass by far, short enough that a hanging cluster is told about.
DEADLINE_S = 45.0
#: After an expected error; events may come earlier.
RETRY_S = 10.0


async def guarded(read: Object, work: Awaitable[Findings], *, deadline_s: float = DEADLINE_S) -> tuple[Findings, bool]:
    """The findings of a pass, or ReconcileFailed; and whether the pass came to its end."""
    try:
        async with asyncio.timeout(deadline_s):
            return await work, True
    except TimeoutError:
        why = f"it was not through after {deadline_s:g} seconds, so some API server is very slow."
    except errors.MtcError as error:
        why = str(error)
    meta = read["metadata"]
    text = (
        f"Looking after {read['kind']} {meta['namespace']}/{meta['name']} failed: {why} It is tried again; the controller's log has more."
    )
    return Findings(staged=[*_kept(read), checks.critical(conditions.RECONCILE_FAILED, "", text)]), False


def _kept(read: Object) -> list[Condition]:
    known = conditions.readable(read.get("status"))
    return [item for item in known if item.type not in {conditions.READY, conditions.RECONCILE_FAILED}]
