"""UnQuiesceSrcApplications: starts the application in the source again."""

from mtc.migration.flags import Flags
from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase
from mtc.migration.quiesce import work
from mtc.migration.scope import Scope


def applies(flags: Flags) -> bool:
    """For a rollback, and for a canceled migration, as long as the source has what it needs."""
    return flags.gives_back


async def run(scope: Scope) -> Outcome:
    """What this run has stopped, in a rollback what any run of the plan has, as it was before."""
    changed = await work.start_source(scope)
    scope.log.info("source application started", workloads=changed)
    return Done(progress=(f"{changed} workloads started",))


PHASE = Phase(
    name="UnQuiesceSrcApplications",
    step="CleanupUnquiesce",
    description=(
        "Starting the Deployments, DeploymentConfigs, StatefulSets, ReplicaSets, DaemonSets, CronJobs, Jobs and VirtualMachines of the "
        "source namespaces."
    ),
    applies=applies,
    run=run,
)
