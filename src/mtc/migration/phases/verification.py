"""Verification: watches the application in the target until it is healthy, or until something is seen to be wrong."""

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.kube import resources
from mtc.migration import health, listing
from mtc.migration.flags import Flags
from mtc.migration.outcome import Awaited, Done, Outcome, Subject, Wait
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope


def applies(flags: Flags) -> bool:
    """Where it was asked for."""
    return flags.has_verify


async def run(scope: Scope) -> Outcome:
    """In the target namespaces."""
    spaces = list(dict.fromkeys(scope.target_namespaces))
    unhealthy = await health.unhealthy(scope.target, spaces)
    if unhealthy:
        names = tuple(entry.name for entry in unhealthy)
        text = conditions.with_items(
            f"Workloads in namespaces [] of target cluster {scope.target.name} are not healthy; status.namespaces lists them.", names
        )
        found = Condition(
            type=conditions.UNHEALTHY_NAMESPACES,
            category=conditions.WARN,
            reason=conditions.ERRORS_DETECTED,
            message=text,
            items=names,
        )
        return Done(conditions=(found,), namespaces=unhealthy)
    missing = await health.not_ready(scope.target, spaces)
    if not missing:
        return Done(namespaces=())
    pods = await listing.of_namespaces(scope.target, resources.PODS, spaces)
    pending = [pod for pod in pods if (pod.get("status") or {}).get("phase") == "Pending"]
    return Wait(
        for_=tuple(Awaited(scope.target, resources.PODS, name) for name in spaces),
        reason="NotReady",
        message=f"Workloads on target cluster {scope.target.name} are not ready yet: {', '.join(map(health.describe, missing))}",
        objects=tuple(Subject(scope.target, item) for item in (*missing, *pending)),
    )


PHASE = Phase(
    name="Verification",
    step="Cleanup",
    description="Watching the health of the migrated pods.",
    applies=applies,
    run=run,
)
