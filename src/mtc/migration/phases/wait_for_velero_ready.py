"""WaitForVeleroReady: waits for engines that were restarted."""

from mtc.api import conditions, names
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration.outcome import Awaited, Done, Outcome, Subject, Wait
from mtc.migration.phase import Phase, always
from mtc.migration.scope import Scope

_STALE = (conditions.STALE_SOURCE_VELERO_CRS_DELETED, conditions.STALE_DESTINATION_VELERO_CRS_DELETED)
_PODS = f"{names.COMPONENT}={names.VELERO_NAME}"


async def run(scope: Scope) -> Outcome:
    """Until all their pods run; only where they were restarted."""
    known = scope.migration.status.conditions
    for kind, cluster in zip(_STALE, (scope.source, scope.target), strict=True):
        if conditions.has(known, kind) and (late := await _not_ready(scope, cluster)):
            why, item = late
            return Wait(
                for_=(Awaited(cluster, resources.PODS, scope.namespace, _PODS), Awaited(cluster, resources.DEPLOYMENTS, scope.namespace)),
                reason="VeleroNotReady",
                message=f"The engine on cluster {cluster.name} is not back yet: {why}",
                objects=(Subject(cluster, item),),
            )
    return Done(removed=frozenset(_STALE))


async def _not_ready(scope: Scope, cluster: Client) -> tuple[str, Object] | None:
    """Why the engine is not ready, and the object that says so."""
    for pod in await cluster.list_all(resources.PODS, namespace=scope.namespace, label_selector=_PODS):
        phase = (pod.get("status") or {}).get("phase")
        if phase != "Running" or pod["metadata"].get("deletionTimestamp"):
            return f"Pod {scope.namespace}/{pod['metadata']['name']} is {'ending' if phase == 'Running' else phase}.", pod
    engine = await cluster.find(resources.DEPLOYMENTS, names.VELERO_NAME, namespace=scope.namespace)
    if engine is None:
        return None
    ready, wanted = (engine.get("status") or {}).get("readyReplicas", 0), engine["spec"].get("replicas", 1)
    return None if ready == wanted else (f"Deployment {scope.namespace}/{names.VELERO_NAME} has {ready} of {wanted} pods ready.", engine)


PHASE = Phase(
    name="WaitForVeleroReady",
    step="Prepare",
    description="Waiting for restarted pods of the engine.",
    applies=always,
    run=run,
    light=True,
)
