"""UnQuiesceDestApplications: starts in the target what arrived in a stopped state."""

from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase, always
from mtc.migration.quiesce import work
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Only what carries the mark of having been stopped, for instance by an earlier migration that failed."""
    changed = await work.start(scope.target, await work.target_selection(scope))
    scope.log.info("target application started", workloads=changed)
    return Done()


PHASE = Phase(
    name="UnQuiesceDestApplications",
    step="Restore",
    description=(
        "Starting the Deployments, DeploymentConfigs, StatefulSets, ReplicaSets, DaemonSets, CronJobs, Jobs and VirtualMachines of the "
        "target namespaces."
    ),
    applies=always,
    run=run,
)
