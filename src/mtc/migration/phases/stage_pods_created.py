"""StagePodsCreated: waits until all pods that hold volumes run."""

from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import source_namespaces
from mtc.migration.flags import Flags
from mtc.migration.outcome import Awaited, Done, Outcome, Subject, Wait, fail
from mtc.migration.phase import Phase
from mtc.migration.scope import Scope
from mtc.migration.stage_pods import work

#: Longer than pulling a small image takes.
_PATIENCE_S = 120.0


def applies(flags: Flags) -> bool:
    """Where such pods exist, or should."""
    return flags.has_stage_pods or flags.copies_indirectly


async def run(scope: Scope) -> Outcome:
    """A claim that is gone or unbound ends the migration; its data could not be copied."""
    if gone := await source_namespaces.missing(scope):
        return fail("NamespaceNotFound", gone)
    if broken := await _broken_claims(scope):
        return fail("SourceStagePodsFailed", broken)
    await work.release_ended(scope)
    if await work.uncovered(scope):
        # A labelled pod of the application ended meanwhile, or was replaced.
        await work.label_running(scope)
        await work.create_from_templates(scope)
        await work.create_for_orphans(scope)
    waiting = [pod for pod in await work.holding(scope) if (pod.get("status") or {}).get("phase") != "Running"]
    ended = [pod for pod in waiting if (pod.get("status") or {}).get("phase") in {"Failed", "Succeeded"}]
    if ended:
        return fail("SourceStagePodsFailed", [f"Stage {_why(pod, scope)}" for pod in ended])
    if not waiting:
        return Done(conditions=await work.condition(scope))
    lines = tuple(_why(pod, scope) for pod in waiting)
    return Wait(
        for_=(Awaited(scope.source, resources.PODS, None, work.selector(scope)),),
        reason="StagePodsStarting",
        message=f"Stage pods do not run yet: {'; '.join(lines)}",
        patience_s=_PATIENCE_S,
        objects=tuple(Subject(scope.source, pod) for pod in waiting),
        mark=" ".join(sorted(pod["metadata"]["uid"] for pod in waiting)),
    )


async def _broken_claims(scope: Scope) -> list[str]:
    broken = []
    for namespace, name in sorted(scope.stored_claims):
        label = f"PersistentVolumeClaim {namespace}/{name} on source cluster {scope.source.name}"
        found = await scope.source.find(resources.PERSISTENT_VOLUME_CLAIMS, name, namespace=namespace)
        if found is None:
            broken.append(f"{label} does not exist any more. Take it out of the plan, or bring it back.")
        elif found["metadata"].get("deletionTimestamp"):
            broken.append(f"{label} is being deleted. Take it out of the plan.")
        elif (found.get("status") or {}).get("phase") != "Bound":
            broken.append(f"{label} is not bound to a volume. Bind it, or take it out of the plan.")
    return broken


def _why(pod: Object, scope: Scope) -> str:
    """Pod, and what keeps it from running."""
    meta, status = pod["metadata"], pod.get("status") or {}
    label = f"Pod {meta['namespace']}/{meta['name']} on cluster {scope.source.name}"
    for container in status.get("containerStatuses") or []:
        waiting = (container.get("state") or {}).get("waiting")
        if waiting:
            return f"{label}: {waiting.get('reason', '')} {waiting.get('message', '')}".strip()
    for condition in status.get("conditions") or []:
        if condition.get("status") == "False" and condition.get("message"):
            return f"{label}: {condition['message']}"
    return f"{label}: {status.get('message') or status.get('phase') or 'Pending'}"


PHASE = Phase(
    name="StagePodsCreated",
    step="StageBackup",
    description="Waiting until all stage pods run.",
    applies=applies,
    run=run,
    light=True,
)
