"""TargetQuotaTooSmall: quotas and limits of the target must leave room for the claims that will be made there."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.volumes import Scope

_TYPE = conditions.TARGET_QUOTA_TOO_SMALL


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    if not scope.shortages:
        return []
    claims = sorted({claim for item in scope.shortages for claim in item.claims})
    message = (
        f"The target of MigPlan {scope.ref}, cluster {scope.target_name}, will refuse claims []: {'; '.join(item.text for item in scope.shortages)}. "
        "Raise what is too small there, or choose another storage class or action for some of these volumes."
    )
    return [checks.warn(_TYPE, conditions.LIMIT_EXCEEDED, message, items=claims)]


CHECK = checks.Check(order=140, types=(_TYPE,), run=_run)
