"""EnsureStagePodsFromTemplates: stage pods made after pod templates hold volumes while these are copied."""

from mtc.migration import source_namespaces
from mtc.migration.flags import Flags
from mtc.migration.outcome import Done, Outcome, fail
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope
from mtc.migration.stage_pods import work


def applies(flags: Flags) -> bool:
    """Where volumes are copied through the repository."""
    return flags.copies_indirectly


async def run(scope: Scope) -> Outcome:
    """For claims that nobody holds yet."""
    if gone := await source_namespaces.missing(scope):
        return fail("NamespaceNotFound", gone)
    await work.create_from_templates(scope)
    return Done(conditions=await work.condition(scope))


PHASE = Phase(
    name="EnsureStagePodsFromTemplates",
    step="StageBackup",
    description=(
        "Creating stage pods from the pod templates of Deployments, DeploymentConfigs, ReplicationControllers, DaemonSets, "
        "StatefulSets, ReplicaSets, CronJobs and Jobs."
    ),
    applies=applies,
    run=run,
)
