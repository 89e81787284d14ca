"""PvCopyMethodUnfit: a method copies what a volume is made of, files or blocks; and it must be one that this version can do."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import Action, CopyMethod, PlanPv
from mtc.migration import checks
from mtc.migration.checks.volumes import Scope
from mtc.migration.volumes.classes import BLOCK

_TYPE = conditions.PV_COPY_METHOD_UNFIT


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    wrong = {volume.name: why for volume in scope.of_action(Action.COPY) if (why := misfit(volume))}
    if not wrong:
        return []
    message = (
        f"The selection.copyMethod of volumes [] of MigPlan {scope.ref} does not fit them: "
        f"{'; '.join(f'{name} {why}' for name, why in wrong.items())}. Choose filesystem for volumes with a file system, and skip for others."
    )
    return [checks.warn(_TYPE, conditions.NOT_SUPPORTED, message, items=wrong)]


def misfit(volume: PlanPv) -> str:
    """Why the chosen method cannot copy a volume, "" where nothing is known against it."""
    method, is_block = volume.selection.copy_method, volume.pvc.volume_mode == BLOCK
    if method == CopyMethod.FILESYSTEM and is_block:
        return "is a block device, without files to copy"
    if method == CopyMethod.BLOCK and not is_block:
        return "has a file system, and only block devices are copied block by block"
    # A migration of a plan with such a volume is refused: see validation.
    return "" if method not in {CopyMethod.BLOCK, CopyMethod.SNAPSHOT} else f"would be copied by {method}, which this version cannot do yet"


CHECK = checks.Check(order=105, types=(_TYPE,), run=_run)
