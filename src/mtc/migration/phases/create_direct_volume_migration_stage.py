"""CreateDirectVolumeMigrationStage: has the files of volumes copied straight from cluster to cluster."""

from mtc.api import names
from mtc.kube import resources
from mtc.migration import digests, direct_volumes, source_namespaces
from mtc.migration.flags import Flags
from mtc.migration.outcome import Awaited, Done, Outcome, Stall, fail
from mtc.migration.phase import Phase
from mtc.migration.phases import ensure_stage_restore
from mtc.migration.quiesce import standstill
from mtc.migration.scope import Scope


def applies(flags: Flags) -> bool:
    """Where the plan says so."""
    return flags.direct_volume


async def run(scope: Scope) -> Outcome:
    """Once in each try, and never into a volume that a running application uses."""
    if gone := await source_namespaces.missing(scope):
        return fail("NamespaceNotFound", gone)
    # Also of a copy that was begun before an interruption: what it makes itself carries the plan's label.
    told = ensure_stage_restore.overwriting(scope, await ensure_stage_restore.not_ours(scope))
    if await direct_volumes.find(scope) is not None:
        return Done(conditions=told)
    if busy := await ensure_stage_restore.in_use(scope):
        return Stall(
            reason="VolumesInUse",
            message=(
                f"Pods on target cluster {scope.target.name} use volumes whose content is about to be replaced: {', '.join(busy)}. "
                f"Stop their workloads there; the migration goes on by itself then."
            ),
            for_=tuple(Awaited(scope.target, resources.PODS, name) for name in dict.fromkeys(scope.target_namespaces)),
        )
    notes = {}
    if scope.flags.quiesce:
        notes[names.QUIESCED_STATE] = await digests.of_standstill(scope)
        # Whoever is started again only now does not fit the digest.
        if (moved := await standstill.look(scope)).started:
            return standstill.broken(scope, moved.started)
    await direct_volumes.ensure(scope, notes)
    return Done(conditions=told)


PHASE = Phase(
    name="CreateDirectVolumeMigrationStage",
    step="StageBackup",
    description="Creating the direct copy of the volumes.",
    applies=applies,
    run=run,
)
