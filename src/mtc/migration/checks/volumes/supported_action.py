"""PvNoSupportedAction: volumes with which nothing can be done, because they are gone."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.migration import checks
from mtc.migration.checks.volumes import Scope, claim, pv_names

_TYPE = conditions.PV_NO_SUPPORTED_ACTION


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    wrong = pv_names(scope.volumes, lambda volume: not volume.supported.actions)
    if not wrong:
        return []
    claims = ", ".join(claim(volume) for volume in scope.volumes if volume.name in wrong)
    message = (
        f"Volumes [] of MigPlan {scope.ref} can be neither copied nor moved: they are gone or belong to other claims, so claims {claims} are "
        "Lost. On the target their applications will wait for these claims. Bring the data back from a backup into new claims, or delete the "
        "claims if nothing needs them."
    )
    return [checks.warn(_TYPE, "", message, items=wrong)]


CHECK = checks.Check(order=20, types=(_TYPE,), run=_run)
