"""QuiesceSourceApplications: stops the application in the source."""

from mtc.migration import source_namespaces
from mtc.migration.flags import Flags
from mtc.migration.outcome import Done, Outcome, fail
from mtc.migration.phase import Phase
from mtc.migration.quiesce import dangers, work
from mtc.migration.scope import Scope


def applies(flags: Flags) -> bool:
    """Where it was asked for."""
    return flags.quiesce


async def run(scope: Scope) -> Outcome:
    """What is stopped already is left alone; nothing is stopped where that would take data away."""
    if gone := await source_namespaces.missing(scope):
        return fail("NamespaceNotFound", gone)
    if losing := await dangers.find(scope):
        return fail("QuiesceWouldLoseData", losing)
    changed = await work.stop(scope)
    scope.log.info("source application stopped", workloads=changed)
    return Done()


PHASE = Phase(
    name="QuiesceSourceApplications",
    step="StageBackup",
    description=(
        "Stopping the Deployments, DeploymentConfigs, StatefulSets, ReplicaSets, DaemonSets, CronJobs, Jobs and VirtualMachines of the "
        "source namespaces."
    ),
    applies=applies,
    run=run,
)
