"""The kinds of workload in the order in which they are stopped, and started again."""

from mtc.kube.client import Object
from mtc.migration.quiesce import batch, daemon_set, scalable
from mtc.migration.quiesce.workload import Workload

CRON_JOB_BETA, STATEFUL_SET = batch.CRON_JOB_BETA, scalable.STATEFUL_SET
#: CronJobs first, so that they start no new Jobs.
ALL = (
    batch.CRON_JOB,
    batch.CRON_JOB_BETA,
    scalable.DEPLOYMENT_CONFIG,
    scalable.DEPLOYMENT,
    scalable.STATEFUL_SET,
    scalable.REPLICA_SET,
    daemon_set.DAEMON_SET,
    batch.JOB,
    # VirtualMachine comes with the phases for virtual machines
)


def of(item: Object) -> Workload | None:
    """What an object is, None where it is no workload."""
    wanted = (item.get("kind"), item.get("apiVersion"))
    return next((workload for workload in ALL if (workload.kind.kind, workload.kind.api_version) == wanted), None)
