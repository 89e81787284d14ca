"""AnnotateResources: puts the marks on that tell the engine what to back up, and how."""

from mtc.migration import annotate, source_namespaces
from mtc.migration.flags import Flags
from mtc.migration.outcome import Done, Outcome, fail
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope


def applies(flags: Flags) -> bool:
    """Where a stage Backup will be made."""
    return flags.has_stage_backup


async def run(scope: Scope) -> Outcome:
    """In the source."""
    if gone := await source_namespaces.missing(scope):
        return fail("NamespaceNotFound", gone)
    scope.log.info("objects marked", done=await annotate.put(scope))
    return Done()


PHASE = Phase(
    name="AnnotateResources",
    step="StageBackup",
    description="Marking PVs, PVCs, Pods, ServiceAccounts and Namespaces for the engine.",
    applies=applies,
    run=run,
)
