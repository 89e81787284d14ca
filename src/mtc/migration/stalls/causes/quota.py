"""A quota does not allow the pods of a Job or workload."""

from collections.abc import Iterable

from mtc.migration.stalls import refusals
from mtc.migration.stalls.cause import Blocker, Cause
from mtc.migration.stalls.look import Look, title


async def find(look: Look) -> Iterable[Blocker]:
    """One for each owner of pods."""
    return [
        Blocker(title(owner), f"its pods are refused: {why}", f"kubectl -n {owner.item['metadata']['namespace']} describe resourcequota")
        for owner, why in await refusals.find(look)
        if refusals.is_quota(why)
    ]


CAUSE = Cause(order=80, reason="QuotaExceeded", find=find)
