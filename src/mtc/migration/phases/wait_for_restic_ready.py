"""WaitForResticReady: waits for node agents that were restarted."""

from mtc.api import names
from mtc.kube import resources
from mtc.migration.flags import Flags
from mtc.migration.outcome import Awaited, Done, Outcome, Subject, Wait
from mtc.migration.phase import Phase
from mtc.migration.phases import restart_restic
from mtc.migration.scope import Scope


def applies(flags: Flags) -> bool:
    """Where volumes are copied by node agents."""
    return flags.has_pvs and flags.has_stage_pods


async def run(scope: Scope) -> Outcome:
    """Until all of them run; only where they were restarted."""
    if not await restart_restic.is_needed(scope):
        return Done()
    pods = await scope.source.list_all(resources.PODS, namespace=scope.namespace, label_selector=restart_restic.PODS)
    ready = all((pod.get("status") or {}).get("phase") == "Running" and not pod["metadata"].get("deletionTimestamp") for pod in pods)
    for name in (names.NODE_AGENT_NAME, names.NODE_AGENT_LEGACY_NAME):
        agents = await scope.source.find(resources.DAEMON_SETS, name, namespace=scope.namespace)
        status = (agents or {}).get("status") or {}
        ready = ready and status.get("currentNumberScheduled", 0) == status.get("numberReady", 0)
    if ready:
        return Done()
    return Wait(
        for_=(Awaited(scope.source, resources.PODS, scope.namespace), Awaited(scope.source, resources.DAEMON_SETS, scope.namespace)),
        reason="ResticNotReady",
        message=f"The node agents on cluster {scope.source.name} are not back yet.",
        objects=tuple(Subject(scope.source, pod) for pod in pods),
        mark=" ".join(sorted(f"{pod['metadata']['uid']} {(pod.get('status') or {}).get('phase')}" for pod in pods)),
    )


PHASE = Phase(
    name="WaitForResticReady",
    step="StageBackup",
    description="Waiting for restarted node agents.",
    applies=applies,
    run=run,
    light=True,
)
