"""The cluster refuses the pods of a Job or workload: a webhook, pod security, a missing service account."""

from collections.abc import Iterable

from mtc.migration.stalls import refusals
from mtc.migration.stalls.cause import Blocker, Cause
from mtc.migration.stalls.look import Look, describe, title


async def find(look: Look) -> Iterable[Blocker]:
    """One for each owner of pods."""
    refused = await refusals.find(look)
    return [Blocker(title(owner), f"its pods are refused: {why}", describe(owner)) for owner, why in refused if not refusals.is_quota(why)]


CAUSE = Cause(order=90, reason="PodsRefused", find=find)
