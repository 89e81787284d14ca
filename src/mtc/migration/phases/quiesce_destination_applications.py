"""QuiesceDestinationApplications: stops what runs in the target before a conversion of storage is taken back."""

from mtc.migration.flags import Flags
from mtc.migration.outcome import Done, Outcome
from mtc.migration.phase import Phase
from mtc.migration.quiesce import dangers, kinds, work
from mtc.migration.scope import Scope


def applies(flags: Flags) -> bool:
    """Where workloads get back the claims that they had."""
    return flags.takes_back_claims


async def run(scope: Scope) -> Outcome:
    """Only what uses the claims that the conversion made."""
    meant = await work.target_selection(scope)
    if dangerous := dangers.stall(await work.find(scope.target, kinds.STATEFUL_SET, meant)):
        return dangerous
    changed = await work.stop_in(scope, scope.target, meant)
    scope.log.info("target application stopped", workloads=changed)
    return Done()


PHASE = Phase(
    name="QuiesceDestinationApplications",
    step="CleanupMigrated",
    description=(
        "Stopping the Deployments, DeploymentConfigs, StatefulSets, ReplicaSets, DaemonSets, CronJobs, Jobs and VirtualMachines of the "
        "target namespaces."
    ),
    applies=applies,
    run=run,
)
