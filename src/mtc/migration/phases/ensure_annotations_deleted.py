"""EnsureAnnotationsDeleted: takes the marks of this migration off."""

from mtc.migration import annotate
from mtc.migration.flags import Flags
from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope


def applies(flags: Flags) -> bool:
    """Where marks were put on, unless they are to stay."""
    return flags.has_stage_backup and not flags.keep_annotations


async def run(scope: Scope) -> Outcome:
    """On both clusters."""
    await annotate.remove(scope)
    return Done()


PHASE = Phase(
    name="EnsureAnnotationsDeleted",
    step="StageRestore",
    description="Taking the marks for the engine off PVs, PVCs, Pods, ServiceAccounts and Namespaces.",
    applies=applies,
    run=run,
)
