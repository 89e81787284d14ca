"""No engine takes a Backup or Restore, or the one that had taken it is gone."""

from collections.abc import Iterable

from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Client
from mtc.migration import velero_crs
from mtc.migration.outcome import Subject
from mtc.migration.stalls.cause import Blocker, Cause
from mtc.migration.stalls.look import Look, is_over, phase_of, title

_KINDS = frozenset({resources.BACKUPS.kind, resources.RESTORES.kind, resources.BACKUP_STORAGE_LOCATIONS.kind})


async def find(look: Look) -> Iterable[Blocker]:
    """One for each object that waits for an engine."""
    found = [await _of(look, subject) for subject in look.subjects if subject.item["kind"] in _KINDS]
    return [entry for entry in found if entry]


async def _of(look: Look, subject: Subject) -> Blocker | None:
    space, name = look.scope.namespace, names.VELERO_NAME
    begun = phase_of(subject.item) not in velero_crs.NOT_BEGUN and not subject.goes
    if is_over(subject.item) and not subject.goes:
        return None
    engine = await subject.cluster.find(resources.DEPLOYMENTS, name, namespace=space)
    if engine is None:
        does = "goes on with it" if begun else "deletes it" if subject.goes else "has taken it"
        return Blocker(
            title(subject), f"no engine {does}: there is no Deployment {space}/{name} there.", f"kubectl -n {space} get deployments,pods"
        )
    status, wanted = engine.get("status") or {}, engine["spec"].get("replicas", 1)
    if not wanted:
        return Blocker(
            title(subject),
            f"Deployment {space}/{name}, the engine, is scaled to 0.",
            f"kubectl -n {space} scale deployment {name} --replicas=1",
        )
    if not status.get("availableReplicas"):
        why = f"Deployment {space}/{name}, the engine, has no available pod{await _pods(look, subject.cluster)}."
        return Blocker(title(subject), why, f"kubectl -n {space} describe pods -l {names.COMPONENT}={name}")
    if begun:
        return None
    return Blocker(
        title(subject),
        f"the engine runs and has not {'deleted' if subject.goes else 'taken'} it.",
        f"kubectl -n {space} logs deployment/{name}",
    )


async def _pods(look: Look, cluster: Client) -> str:
    pods = await look.read(cluster, resources.PODS, namespace=look.scope.namespace, label_selector=f"{names.COMPONENT}={names.VELERO_NAME}")
    told = [f"{pod['metadata']['name']} {phase_of(pod)}" for pod in pods]
    return f" (pods: {', '.join(told)})" if told else " and no pod at all"


CAUSE = Cause(order=10, reason="EngineNotRunning", find=find)
