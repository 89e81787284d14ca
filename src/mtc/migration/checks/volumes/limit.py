"""PvLimitExceeded: many volumes take long."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import Action
from mtc.migration import checks
from mtc.migration.checks.volumes import Scope

_TYPE = conditions.PV_LIMIT_EXCEEDED


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    count, limit = len(scope.of_action(Action.COPY, Action.MOVE)), scope.settings.pv_limit
    if count <= limit:
        return []
    message = (
        f"MigPlan {scope.ref} migrates {count} volumes, more than the limit of {limit}. It works and may take long. "
        "Split it into several plans, or raise mig_pv_limit of the MigrationController."
    )
    return [checks.warn(_TYPE, conditions.LIMIT_EXCEEDED, message)]


CHECK = checks.Check(order=10, types=(_TYPE,), run=_run)
