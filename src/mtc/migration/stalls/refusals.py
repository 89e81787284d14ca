"""Why a cluster makes no pods for a Job or workload, in its own words."""

from mtc.kube import resources
from mtc.migration.outcome import Subject
from mtc.migration.stalls.look import Look, condition, short

_OWNERS = (
    resources.JOBS,
    resources.DEPLOYMENTS,
    resources.REPLICA_SETS,
    resources.STATEFUL_SETS,
    resources.DAEMON_SETS,
    resources.REPLICATION_CONTROLLERS,
)


async def find(look: Look) -> list[tuple[Subject, str]]:
    """Those whose pods were refused, with the reason that the cluster gave last."""
    found = [(owner, await _why(look, owner)) for owner in look.awaited(*_OWNERS)]
    return [(owner, why) for owner, why in found if why]


def is_quota(why: str) -> bool:
    """Whether a ResourceQuota is the reason."""
    return "exceeded quota" in why or "failed quota" in why


async def _why(look: Look, owner: Subject) -> str:
    status = owner.item.get("status") or {}
    if owner.item["kind"] == resources.JOBS.kind and (status.get("active") or status.get("failed")):
        return ""  # an earlier pod may have been refused, this one was not
    told = condition(owner.item, "ReplicaFailure", status="True")
    return short(str(told.get("message") or "")) if told else await look.complaint(owner, "FailedCreate")
