"""CleanStaleAnnotations: takes marks off that earlier migrations left."""

from mtc.migration import annotate
from mtc.migration.flags import Flags
from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope


def applies(flags: Flags) -> bool:
    """Unless marks are to stay."""
    return not flags.keep_annotations


async def run(scope: Scope) -> Outcome:
    """On both clusters."""
    await annotate.remove(scope)
    return Done()


PHASE = Phase(
    name="CleanStaleAnnotations",
    step="Prepare",
    description="Taking marks off PVs, PVCs, Pods, ServiceAccounts and Namespaces that earlier migrations left for the engine.",
    applies=applies,
    run=run,
    light=True,
)
