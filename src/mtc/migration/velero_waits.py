"""Waiting for a Backup or Restore of the migration, and what its end means.

A phase that says "over" does not prove that the data are there: the volume objects of each claim are looked at as well,
so that a migration never succeeds while files are missing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from mtc.api import conditions, names
from mtc.api.conditions import Condition
from mtc.api.figures import ItemFigures
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import figures, parallel, progress, source_namespaces, velero_crs, velero_results
from mtc.migration.outcome import PATIENCE_S, Awaited, Done, Outcome, Subject, Wait, fail
from mtc.migration.scope import Scope
from mtc.migration.velero_crs import Role

#: An engine that is alive takes a new object within a second or two.
_TAKEN_WITHIN_S = 20.0


@dataclass(frozen=True)
class Ending:
    """What to say about the end of one of the four.

    Attributes:
        role: which one.
        failed: reason of a failure.
        partially: type of the condition for a partial failure.
    """

    role: Role
    failed: str
    partially: str


INITIAL_BACKUP = Ending(velero_crs.INITIAL_BACKUP, "InitialBackupFailed", conditions.VELERO_INITIAL_BACKUP_PARTIALLY_FAILED)
STAGE_BACKUP = Ending(velero_crs.STAGE_BACKUP, "StageBackupFailed", conditions.VELERO_STAGE_BACKUP_PARTIALLY_FAILED)
STAGE_RESTORE = Ending(velero_crs.STAGE_RESTORE, "StageRestoreFailed", conditions.VELERO_STAGE_RESTORE_PARTIALLY_FAILED)
FINAL_RESTORE = Ending(velero_crs.FINAL_RESTORE, "FinalRestoreFailed", conditions.VELERO_FINAL_RESTORE_PARTIALLY_FAILED)


async def follow(scope: Scope, ending: Ending) -> Outcome:
    """Done when the object has ended well enough to go on; the conditions tell what is missing."""
    item = await velero_crs.find(scope, ending.role)
    if item is None:
        where = f"namespace {scope.namespace} of cluster {velero_crs.cluster_of(scope, ending.role).name}"
        return fail(ending.failed, f"The {ending.role.words} of this migration was deleted from {where}. Start another migration.")
    phase = velero_crs.phase_of(item)
    if phase in {"Failed", "FailedValidation", "Deleting", "Canceled"}:
        failed = fail(ending.failed, await _reasons(scope, ending.role, item))
        return replace(failed, figures=figures_of(scope, ending.role, item, await volume_objects(scope, ending.role, item)))
    if phase not in velero_crs.OVER:
        return await _wait(scope, ending.role, item)
    volumes, broken = await _volumes(scope, ending.role, item)
    found = figures_of(scope, ending.role, item, volumes)
    if broken:
        headline = await _headline(scope, ending.role, item)
        return replace(fail(ending.failed, [f"{headline} did not move all volume data.", *broken]), figures=found)
    lines = progress_lines(scope, ending.role, item, volumes)
    return Done(conditions=await _warnings(scope, ending, item), progress=lines, figures=found)


async def _wait(scope: Scope, role: Role, item: Object) -> Outcome:
    if role.kind == resources.BACKUPS and (gone := await source_namespaces.missing(scope)):
        return fail(f"{role.words.title().replace(' ', '')}Failed", gone)
    volumes = await volume_objects(scope, role, item)
    lines = progress_lines(scope, role, item, volumes)
    begun = velero_crs.phase_of(item) not in velero_crs.NOT_BEGUN
    trouble = velero_crs.waiting_for(item) or await _engine_trouble(scope, role)
    message = f"{progress.title(item)} on cluster {velero_crs.cluster_of(scope, role).name} is not through."
    if trouble:
        message = f"{message} {trouble}"
    elif not begun:
        message += " The engine has not taken it yet: look at the pods and logs of Deployment velero in that cluster."
    return Wait(
        for_=awaited(scope, role, item),
        reason=f"{role.kind.kind}Running",
        message=message,
        progress=lines,
        patience_s=0.0 if trouble else (None if begun and volumes else PATIENCE_S if begun else _TAKEN_WITHIN_S),
        figures=figures_of(scope, role, item, volumes),
        objects=tuple(Subject(velero_crs.cluster_of(scope, role), entry) for entry in (item, *volumes)),
    )


def awaited(scope: Scope, role: Role, item: Object) -> tuple[Awaited, ...]:
    """What changes while one of the four is at work; the volumes of other migrations wake nobody here."""
    cluster = velero_crs.cluster_of(scope, role)
    found = [Awaited(cluster, role.kind, scope.namespace, f"{role.label}={scope.uid}")]
    if role.label in {names.STAGE_BACKUP, names.STAGE_RESTORE}:
        found.append(Awaited(cluster, _volume_kind(role), scope.namespace, _volumes_of(role, item)))
    return tuple(found)


def _volumes_of(role: Role, item: Object) -> str:
    """Selects the PodVolumeBackups or PodVolumeRestores of a Backup or Restore."""
    key = names.BACKUP_NAME if role.kind == resources.BACKUPS else names.RESTORE_NAME
    return f"{key}={names.label_value(item['metadata']['name'])}"


def _volume_kind(role: Role) -> resources.ResourceType:
    return resources.POD_VOLUME_BACKUPS if role.kind == resources.BACKUPS else resources.POD_VOLUME_RESTORES


async def volume_objects(scope: Scope, role: Role, item: Object) -> list[Object]:
    """The PodVolumeBackups or PodVolumeRestores of a Backup or Restore."""
    cluster = velero_crs.cluster_of(scope, role)
    return await cluster.list_all(_volume_kind(role), namespace=scope.namespace, label_selector=_volumes_of(role, item))


def figures_of(scope: Scope, role: Role, item: Object, volumes: Iterable[Object]) -> tuple[ItemFigures, ...]:
    """The object and each of its volumes in numbers."""
    cluster, claims = velero_crs.cluster_of(scope, role), _target_claims(scope)
    return (figures.of_objects(item, cluster), *(figures.of_volume(entry, cluster, claims=claims) for entry in volumes))


def _target_claims(scope: Scope) -> dict[figures.VolumeKey, str]:
    """The claims in the target behind the volumes of stage pods, from what the Backup of the volumes has told of the source."""
    names_there = {f"{pv.pvc.namespace}/{pv.pvc.mapping.source}": pv.pvc.mapping.target for pv in scope.stored}
    found = {}
    for (space, pod, volume), claim in figures.claims_of(scope.migration.status.pipeline).items():
        there = scope.target_namespace(space)
        found[there, pod, volume] = f"{there}/{names_there.get(claim, claim.partition('/')[2])}"
    return found


def progress_lines(scope: Scope, role: Role, item: Object, volumes: Iterable[Object]) -> tuple[str, ...]:
    """One line for the object, one for each volume."""
    if role.kind == resources.BACKUPS:
        lines = [progress.pod_volume_backup(entry, now=scope.now) for entry in volumes]
        return (progress.backup(item, now=scope.now), *sorted(lines))
    lines = [progress.pod_volume_restore(entry, now=scope.now) for entry in volumes]
    return (progress.restore(item, now=scope.now), *sorted(lines))


async def _engine_trouble(scope: Scope, role: Role) -> str:
    """Why the object may never end, as far as it can be seen; empty when nothing is wrong."""
    cluster = velero_crs.cluster_of(scope, role)
    engine = await cluster.find(resources.DEPLOYMENTS, names.VELERO_NAME, namespace=scope.namespace)
    if engine and (engine.get("spec") or {}).get("replicas", 1) and not (engine.get("status") or {}).get("availableReplicas"):
        return f"Deployment {scope.namespace}/{names.VELERO_NAME}, which does the work, has no available pod: look at its pods and events."
    location = await _location(scope, cluster)
    if location and velero_crs.phase_of(location) == "Unavailable":
        return unavailable(location, cluster)
    return ""


async def _location(scope: Scope, cluster: Client) -> Object | None:
    try:
        return await velero_crs.plan_location(scope, cluster, resources.BACKUP_STORAGE_LOCATIONS)
    except velero_crs.LocationMissing:
        return None


def unavailable(location: Object, cluster: Client) -> str:
    """What to say about a location that cannot be used."""
    meta, status = location["metadata"], location.get("status") or {}
    return (
        f"BackupStorageLocation {meta['namespace']}/{meta['name']} of cluster {cluster.name} is not available: "
        f"{status.get('message') or 'the engine gave no reason'}. Check bucket, URL and credentials of the MigStorage."
    )


async def _headline(scope: Scope, role: Role, item: Object) -> str:
    return (
        f"The {role.words} {item['metadata']['namespace']}/{item['metadata']['name']} on cluster {velero_crs.cluster_of(scope, role).name}"
    )


async def _reasons(scope: Scope, role: Role, item: Object) -> list[str]:
    status = item.get("status") or {}
    start = await _headline(scope, role, item)
    reasons = [f"{start} was refused: {text}" for text in status.get("validationErrors") or []]
    if not reasons:
        why = status.get("failureReason") or f"its phase is {velero_crs.phase_of(item)} and it gives no reason"
        look = f"velero {role.kind.kind.lower()} logs {item['metadata']['name']}"
        reasons = [f"{start} failed: {why}. Its log tells more: `{look}`."]
    if role.kind == resources.BACKUPS and (gone := await source_namespaces.missing(scope)):
        reasons.append(gone)
    if trouble := await _engine_trouble(scope, role):
        reasons.append(trouble)
    return reasons


async def _warnings(scope: Scope, ending: Ending, item: Object) -> tuple[Condition, ...]:
    found: list[Condition] = []
    status, meta = item.get("status") or {}, item["metadata"]
    start = await _headline(scope, ending.role, item)
    if velero_crs.phase_of(item) == "PartiallyFailed":
        listed = await velero_results.read(scope, ending.role, item, "errors")
        what = f": {'; '.join(listed)}" if listed else "."
        look = f"`velero {ending.role.kind.kind.lower()} describe {meta['name']} --details` lists them"
        text = f"{start} partially failed with {status.get('errors') or 'some'} error(s){what} ({look})"
        found.append(_warn(ending.partially, text))
    annotations = meta.get("annotations") or {}
    if count := int(annotations.get(names.PVR_ERROR_COUNT) or 0):
        found.append(
            _warn(conditions.RESTIC_ERRORS, f"{count} volume restore(s) had errors: see Restore {meta['namespace']}/{meta['name']}.")
        )
    if count := int(annotations.get(names.PVR_VERIFY_ERROR_COUNT) or 0):
        text = f"{count} volume restore(s) differ from their source: see Restore {meta['namespace']}/{meta['name']}."
        found.append(_warn(conditions.RESTIC_VERIFY_ERRORS, text))
    return tuple(found)


async def warned(scope: Scope) -> tuple[Condition, ...]:
    """What the engine warns of about the objects on the target; comparing them tells more, and better."""
    item = await velero_crs.find(scope, velero_crs.FINAL_RESTORE)
    count = int((item.get("status") or {}).get("warnings") or 0) if item else 0
    if item is None or not count:
        return ()
    listed = await velero_results.read(scope, velero_crs.FINAL_RESTORE, item, "warnings")
    start = await _headline(scope, velero_crs.FINAL_RESTORE, item)
    what = f": {' '.join(listed)}" if listed else "."
    look = f"`velero restore describe {item['metadata']['name']} --details` lists them"
    return (_warn(conditions.FINAL_RESTORE_WARNINGS, f"{start} ended with {count} warning(s), and nothing was compared{what} ({look})"),)


def _warn(kind: str, text: str) -> Condition:
    return Condition(type=kind, category=conditions.WARN, message=text, durable=True)


async def _volumes(scope: Scope, role: Role, item: Object) -> tuple[list[Object], list[str]]:
    """What was made for the volumes, and one sentence for each copied volume whose data did not arrive where they should be."""
    if role.label == names.STAGE_BACKUP:
        volumes, pods = await parallel.gather([volume_objects(scope, role, item), _pods(scope)])
        return volumes, not_backed_up(scope, volumes, pods)
    if role.label == names.STAGE_RESTORE:
        volumes, saved = await parallel.gather([volume_objects(scope, role, item), _saved(scope)])
        return volumes, not_restored(scope, saved, volumes)
    return await volume_objects(scope, role, item), []


async def _saved(scope: Scope) -> list[Object]:
    backup = await velero_crs.find(scope, velero_crs.STAGE_BACKUP)
    return await volume_objects(scope, velero_crs.STAGE_BACKUP, backup) if backup else []


async def _pods(scope: Scope) -> list[Object]:
    selector = f"{names.INCLUDED_IN_STAGE_BACKUP}={scope.uid}"
    return await scope.source.list_all(resources.PODS, label_selector=selector)


def not_backed_up(scope: Scope, backups: Sequence[Object], pods: Sequence[Object]) -> list[str]:
    """What is missing of the volumes to copy: each needs a PodVolumeBackup that has completed."""
    claims = {claim for pod in pods for claim in _claims(pod).items()}
    by_volume = {(pod, volume): name for (pod, volume), name in claims}
    saved, messages = set(), []
    for item in backups:
        spec = item["spec"]
        pod = (spec["pod"]["namespace"], spec["pod"]["name"])
        name = (item["metadata"].get("annotations") or {}).get(names.PVC_NAME) or by_volume.get((pod, spec["volume"]), "")
        claim = (pod[0], name)
        if velero_crs.phase_of(item) == "Completed":
            saved.add(claim)
        elif claim in scope.stored_claims:
            why = (item.get("status") or {}).get("message") or f"its phase is {velero_crs.phase_of(item) or 'not set'}"
            messages.append(
                f"{progress.title(item)} of PersistentVolumeClaim {'/'.join(claim)} on cluster {scope.source.name} failed: {why}"
            )
            saved.add(claim)
    for namespace, name in sorted(scope.stored_claims - saved):
        text = f"PersistentVolumeClaim {namespace}/{name} on cluster {scope.source.name} was not backed up: the engine made no PodVolumeBackup for it."
        messages.append(f"{text} Its node agent may not run on the node of the pod that mounts it.")
    return messages


def _claims(pod: Object) -> dict[tuple[tuple[str, str], str], str]:
    owner = (pod["metadata"]["namespace"], pod["metadata"]["name"])
    volumes = pod["spec"].get("volumes") or []
    return {
        (owner, volume["name"]): volume["persistentVolumeClaim"]["claimName"] for volume in volumes if "persistentVolumeClaim" in volume
    }


def not_restored(scope: Scope, backups: Sequence[Object], restores: Sequence[Object]) -> list[str]:
    """What did not arrive of the volumes that were saved: each snapshot needs a PodVolumeRestore that has completed."""
    arrived, messages = set(), []
    for item in restores:
        snapshot = item["spec"].get("snapshotID", "")
        arrived.add(snapshot)
        if velero_crs.phase_of(item) != "Completed":
            pod, why = (
                item["spec"]["pod"],
                (item.get("status") or {}).get("message") or f"its phase is {velero_crs.phase_of(item) or 'not set'}",
            )
            where = f"volume {item['spec']['volume']} of Pod {pod['namespace']}/{pod['name']} on cluster {scope.target.name}"
            messages.append(f"{progress.title(item)} for {where} failed: {why}")
    for item in backups:
        snapshot = (item.get("status") or {}).get("snapshotID")
        if snapshot and snapshot not in arrived:
            name = (item["metadata"].get("annotations") or {}).get(names.PVC_NAME) or item["spec"]["volume"]
            claim = f"{item['spec']['pod']['namespace']}/{name}"
            messages.append(
                f"The files of PersistentVolumeClaim {claim} did not arrive on cluster {scope.target.name}: nothing restored them."
            )
    return messages
