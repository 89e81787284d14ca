"""The kinds of workload in the order in which they are stopped, and started again."""

from mtc.kube.client import Object
from mtc.migration.quiesce import batch, daemon_set, scalable, virtual_machine
from mtc.migration.quiesce.workload import Workload

CRON_JOB_BETA, STATEFUL_SET = batch.CRON_JOB_BETA, scalable.STATEFUL_SET
#: Kinds whose objects are made of a pod template. CronJobs first, so that they start no new Jobs.
ALL = (
    batch.CRON_JOB,
    batch.CRON_JOB_BETA,
    scalable.DEPLOYMENT_CONFIG,
    scalable.DEPLOYMENT,
    scalable.STATEFUL_SET,
    scalable.REPLICA_SET,
    daemon_set.DAEMON_SET,
    batch.JOB,
)
#: All that are stopped.
STOPPED = (*ALL, virtual_machine.VIRTUAL_MACHINE)
# One CronJob is served under both versions: it is looked for under the second one when the first one is through.
_FIRST = (batch.CRON_JOB, batch.CRON_JOB_BETA)
# A Deployment that still carries our marks would copy them to its ReplicaSets once more.
_LAST = (scalable.REPLICA_SET,)
#: The same as they are stopped and started: those of one wave at once, when the wave before is through.
WAVES = (*((kind,) for kind in _FIRST), tuple(kind for kind in STOPPED if kind not in {*_FIRST, *_LAST}), _LAST)


def of(item: Object) -> Workload | None:
    """What an object is, None where it is no workload."""
    wanted = (item.get("kind"), item.get("apiVersion"))
    return next((workload for workload in STOPPED if (workload.kind.kind, workload.kind.api_version) == wanted), None)
