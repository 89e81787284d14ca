"""Puts the marks on objects that instruct the engine, and takes them off again.

Marks are written with merge patches of exactly these labels and annotations; nothing else of an object is touched.
"""

from collections.abc import Iterable
from typing import Any

from mtc.api import names
from mtc.api.migration.migplan import Action, PlanPv
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration import listing, parallel, waiting_claims
from mtc.migration.scope import Scope
from mtc.migration.stage_pods import holders, work

_CLAIM_MARKS = (names.MIGRATE_TYPE, names.TARGET_STORAGE_CLASS, names.TARGET_ACCESS_MODE, names.COPY_METHOD, names.TARGET_CAPACITY)
_VOLUME_MARKS = (names.MIGRATE_TYPE, names.TARGET_STORAGE_CLASS, names.COPY_METHOD)
_POD_MARKS = (names.BACKUP_VOLUMES, names.VERIFY_VOLUMES)
_LABEL = names.INCLUDED_IN_STAGE_BACKUP


async def put(scope: Scope) -> tuple[str, ...]:
    """Marks what the stage Backup has to take, in MTC's order; lines that tell how much it was."""
    label = {_LABEL: scope.uid}
    spaces = list(dict.fromkeys(scope.source_namespaces))
    await parallel.gather(_mark(scope.source, resources.NAMESPACES, "", name, labels=label) for name in spaces)
    pods = await work.holding(scope)
    await parallel.gather(_mark(scope.source, resources.PODS, *_key(pod), annotations=pod_marks(scope, pod)) for pod in pods)
    volumes = scope.in_stage_backup
    await parallel.gather(_mark_volume(scope, pv) for pv in volumes)
    waiting = await waiting_claims.find(scope)
    await parallel.gather(
        _mark(scope.source, resources.PERSISTENT_VOLUME_CLAIMS, *_key(claim), labels=label, annotations=waiting_marks(scope, claim))
        for claim in waiting
    )
    # State comes without the application: not even the account that its pods run as.
    borrowed = () if scope.flags.migrates_state else pods
    accounts = {(pod["metadata"]["namespace"], pod["spec"].get("serviceAccountName") or "default") for pod in borrowed}
    await parallel.gather(_mark(scope.source, resources.SERVICE_ACCOUNTS, *account, labels=label) for account in sorted(accounts))
    streams = await listing.of_namespaces(scope.source, resources.IMAGE_STREAMS, spaces) if scope.images.streams else []
    await parallel.gather(_mark(scope.source, resources.IMAGE_STREAMS, *_key(stream), labels=label) for stream in streams)
    return (
        f"{len(spaces)} Namespaces labelled",
        f"{len(pods)} Pods annotated",
        f"{len(volumes)} PersistentVolumes and PersistentVolumeClaims annotated and labelled",
        *([f"{len(waiting)} PersistentVolumeClaims without a volume labelled"] if waiting else []),
        f"{len(accounts)} ServiceAccounts labelled",
        *([f"{len(streams)} ImageStreams labelled"] if streams else []),
    )


def pod_marks(scope: Scope, pod: Object) -> dict[str, str | None]:
    """Which volumes of a pod are backed up, and which are verified."""
    held = work.held_claims(pod)
    volumes = {volume: claim for volume, claim in holders.of_pod(pod).volumes.items() if claim in held & scope.stored_claims}
    verified = {(pv.pvc.namespace, pv.pvc.mapping.source) for pv in scope.stored if pv.selection.verify}
    checked = [volume for volume, claim in volumes.items() if claim in verified]
    return {names.BACKUP_VOLUMES: ",".join(volumes) or None, names.VERIFY_VOLUMES: ",".join(checked) or None}


def volume_marks(pv: PlanPv) -> dict[str, str | None]:
    """Annotations of a PersistentVolume of the plan."""
    chosen = pv.selection
    copied = chosen.action == Action.COPY
    return {
        names.MIGRATE_TYPE: chosen.action,
        names.TARGET_STORAGE_CLASS: chosen.storage_class or None,
        names.COPY_METHOD: (chosen.copy_method or None) if copied else None,
    }


def claim_marks(pv: PlanPv) -> dict[str, str | None]:
    """Annotations of its PersistentVolumeClaim."""
    chosen = pv.selection
    if chosen.action != Action.COPY:
        return {names.MIGRATE_TYPE: chosen.action}
    larger = pv.confirmed_capacity or None
    return {**volume_marks(pv), names.TARGET_ACCESS_MODE: chosen.access_mode or None, names.TARGET_CAPACITY: larger}


def waiting_marks(scope: Scope, claim: Object) -> dict[str, str | None]:
    """Annotations of a claim without a volume: the storage class that the plan gives to the volumes of the same class."""
    own = (claim.get("spec") or {}).get("storageClassName")
    chosen = {pv.selection.storage_class for pv in scope.stored if pv.storage_class == own}
    return {names.MIGRATE_TYPE: Action.COPY, names.TARGET_STORAGE_CLASS: chosen.pop() or None} if own and len(chosen) == 1 else {}


async def _mark_volume(scope: Scope, pv: PlanPv) -> None:
    label = {_LABEL: scope.uid}
    await _mark(scope.source, resources.PERSISTENT_VOLUMES, "", pv.name, labels=label, annotations=volume_marks(pv))
    claim = (pv.pvc.namespace, pv.pvc.mapping.source)
    await _mark(scope.source, resources.PERSISTENT_VOLUME_CLAIMS, *claim, labels=label, annotations=claim_marks(pv))


async def remove(scope: Scope) -> None:
    """Takes all marks off in source and target, those of earlier migrations of the plan's namespaces included."""
    await parallel.gather(
        [_remove(scope, scope.source, scope.source_namespaces), _remove(scope, scope.target, scope.target_namespaces)],
    )


async def _remove(scope: Scope, cluster: Client, namespaces: list[str]) -> None:
    spaces = list(dict.fromkeys(namespaces))
    no_marks: tuple[str, ...] = ()
    # Volumes before claims: the claims tell which volumes are meant, also when this is repeated after an interruption.
    for kind, annotations in (
        (resources.PERSISTENT_VOLUME_CLAIMS, _CLAIM_MARKS),
        (resources.PODS, _POD_MARKS),
        (resources.SERVICE_ACCOUNTS, ()),
        *([(resources.IMAGE_STREAMS, no_marks)] if scope.plan.spec.indirect_image_migration else []),
    ):
        items = await listing.of_namespaces(cluster, kind, spaces)
        if kind == resources.PERSISTENT_VOLUME_CLAIMS:
            await _remove_from_volumes(scope, cluster, items)
        # A pod's annotations may be those of the user's own backups: only pods with our label are ours to clean.
        tell = () if kind == resources.PODS else annotations
        await parallel.gather(_unmark(cluster, kind, item, annotations) for item in items if _is_marked(item, tell))
    found = await parallel.gather(cluster.find(resources.NAMESPACES, name) for name in spaces)
    await parallel.gather(_unmark(cluster, resources.NAMESPACES, item, ()) for item in found if item and _is_marked(item, ()))


async def _remove_from_volumes(scope: Scope, cluster: Client, claims: Iterable[Object]) -> None:
    bound = {(claim.get("spec") or {}).get("volumeName") for claim in claims if _is_marked(claim, _CLAIM_MARKS)}
    own = await cluster.list_all(resources.PERSISTENT_VOLUMES, label_selector=f"{_LABEL}={scope.uid}")
    others = await parallel.gather(cluster.find(resources.PERSISTENT_VOLUMES, name) for name in sorted(name for name in bound if name))
    volumes = {item["metadata"]["name"]: item for item in [*own, *others] if item}
    marked = [item for item in volumes.values() if _is_marked(item, _VOLUME_MARKS)]
    await parallel.gather(_unmark(cluster, resources.PERSISTENT_VOLUMES, item, _VOLUME_MARKS) for item in marked)


def _is_marked(item: Object, annotations: Iterable[str]) -> bool:
    meta = item["metadata"]
    return _LABEL in (meta.get("labels") or {}) or bool(set(annotations) & (meta.get("annotations") or {}).keys())


def _key(item: Object) -> tuple[str, str]:
    return item["metadata"]["namespace"], item["metadata"]["name"]


async def _mark(
    cluster: Client,
    kind: ResourceType,
    namespace: str,
    name: str,
    *,
    labels: dict[str, str] | None = None,
    annotations: dict[str, str | None] | None = None,
) -> None:
    meta: dict[str, Any] = {key: value for key, value in (("labels", labels), ("annotations", annotations)) if value}
    await cluster.patch(kind, name, {"metadata": meta}, namespace=namespace or None)


async def _unmark(cluster: Client, kind: ResourceType, item: Object, annotations: Iterable[str]) -> None:
    meta = item["metadata"]
    body: Object = {"metadata": {"labels": {_LABEL: None}, "annotations": dict.fromkeys(annotations)}}
    try:
        await cluster.patch(kind, meta["name"], body, namespace=meta.get("namespace"))
    except errors.NotFound:
        return
