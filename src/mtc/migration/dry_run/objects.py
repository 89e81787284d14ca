"""What would become of every object on the target.

The engine's own code collects and restores, with writes that are dry runs. Claims and moved volumes travel by the stage Backup in
a real migration, which needs pods that hold them: here they are read and given the marks that they would have then.
"""

from collections.abc import Iterable

from mtc.api import names
from mtc.api.dry_run import CREATE, DELETE, REFUSED, SKIP, UNCHECKED, ObjectCounts, PlannedObject
from mtc.api.migration.migplan import Action
from mtc.engine.rehearsal import run
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.kube.resources import ResourceType
from mtc.migration import annotate, migrated, parallel, velero_crs, waiting_claims
from mtc.migration.quiesce import pods
from mtc.migration.scope import Scope

#: So many of those that would not simply be created stand in the status; all are in the report.
MOST_NOTABLE = 50
_LONGEST_NAME = 253  # of the Kubernetes API


async def of_migration(scope: Scope) -> run.Rehearsed:
    """What a stage or final migration would do. Raises KubeError and MigrationError."""
    backup = None
    if not scope.flags.is_stage:
        backup = velero_crs.body(scope, velero_crs.INITIAL_BACKUP, await velero_crs.initial_backup_spec(scope), {})
        backup["metadata"]["name"] = f"{scope.migration.name}-dry-run"
    stored: Object = backup or {"metadata": {"name": f"{scope.migration.name}-dry-run"}}
    restore = velero_crs.body(
        scope, velero_crs.FINAL_RESTORE, velero_crs.restore_spec(scope, stored), velero_crs.claim_names_annotation(scope)
    )
    restore["metadata"] |= {"name": f"{scope.migration.name}-dry-run", "uid": scope.uid}
    return await run.rehearse(scope.source, scope.target, backup=backup, restore=restore, more=await _carried(scope))


async def _carried(scope: Scope) -> list[tuple[ResourceType, Object]]:
    """What the stage Backup would bring: claims and volumes of the plan with their marks, and the accounts of pods that use them."""
    found: list[tuple[ResourceType, Object]] = []
    for pv in scope.volumes:
        namespace, name = pv.pvc.namespace, pv.pvc.mapping.source
        volume = await scope.source.find(resources.PERSISTENT_VOLUMES, pv.name)
        claim = await scope.source.find(resources.PERSISTENT_VOLUME_CLAIMS, name, namespace=namespace)
        if volume and pv.selection.action == Action.MOVE:
            found.append((resources.PERSISTENT_VOLUMES, _marked(volume, resources.PERSISTENT_VOLUMES, annotate.volume_marks(pv))))
        if claim:
            marked = _marked(claim, resources.PERSISTENT_VOLUME_CLAIMS, annotate.claim_marks(pv))
            if pv.selection.action == Action.COPY:
                marked["spec"].pop("volumeName", None)  # it is made anew, as `persistent_volumes.decide` says of marked volumes
            found.append((resources.PERSISTENT_VOLUME_CLAIMS, marked))
    claims = resources.PERSISTENT_VOLUME_CLAIMS
    found.extend((claims, _marked(claim, claims, annotate.waiting_marks(scope, claim))) for claim in await waiting_claims.find(scope))
    if scope.flags.is_stage:
        found.extend(await _accounts(scope))
    return found


def _marked(item: Object, kind: ResourceType, marks: dict[str, str | None]) -> Object:
    meta = item["metadata"]
    annotations = {**(meta.get("annotations") or {}), **{key: value for key, value in marks.items() if value}}
    spec = dict(item.get("spec") or {})
    return {"apiVersion": kind.api_version, "kind": kind.kind, **item, "spec": spec, "metadata": {**meta, "annotations": annotations}}


async def _accounts(scope: Scope) -> list[tuple[ResourceType, Object]]:
    users = [
        pod
        for pod in await pods.running(scope.source, list(dict.fromkeys(scope.source_namespaces)))
        if {(pod["metadata"]["namespace"], claim) for claim in pods.mounted(pod)} & scope.stored_claims
    ]
    wanted = {(pod["metadata"]["namespace"], pod["spec"].get("serviceAccountName") or "default") for pod in users}
    wanted |= {(namespace, "default") for namespace, _ in scope.stored_claims}
    accounts = await parallel.gather(
        scope.source.find(resources.SERVICE_ACCOUNTS, name, namespace=namespace) for namespace, name in sorted(wanted)
    )
    kind = resources.SERVICE_ACCOUNTS
    return [(kind, {"apiVersion": kind.api_version, "kind": kind.kind, **item}) for item in accounts if item]


async def of_rollback(scope: Scope) -> run.Rehearsed:
    """What a rollback would delete on the target."""
    found = await migrated.find(scope)
    judged = [run.Judged(DELETE, _key(item)) for item in found.all]
    return run.Rehearsed(tuple(sorted(judged, key=lambda entry: entry.key)), 0, found.unseen, ())


def _key(item: Object) -> tuple[str, str, str]:
    group = item["apiVersion"].partition("/")[0] if "/" in item["apiVersion"] else ""
    return f"{item['kind']}.{group}" if group else item["kind"], item["metadata"].get("namespace") or "", item["metadata"]["name"]


def counts(judged: Iterable[run.Judged]) -> ObjectCounts:
    """How many objects would be treated in which way; what the target makes itself is not counted."""
    found = dict.fromkeys(ObjectCounts.model_fields, 0)
    for entry in judged:
        if entry.action in found:
            found[entry.action] += 1
    return ObjectCounts(**found)


def planned(entry: run.Judged) -> PlannedObject:
    """As it stands in the status and in the report."""
    kind, namespace, name = entry.key
    return PlannedObject(action=entry.action, kind=kind, namespace=namespace or None, name=name, message=entry.message or None)


def notable(judged: Iterable[run.Judged]) -> list[PlannedObject]:
    """Those that a person wants to know of: refused ones first, then changed ones, those that stay though they differ, and unchecked ones."""
    rank = {REFUSED: 0, "change": 1, SKIP: 2, UNCHECKED: 3}
    shown = [entry for entry in judged if entry.action in rank and (entry.action != SKIP or entry.message)]
    # A namespace that is not there yet leaves everything in it unchecked: that is one thing to know, and it is in the counts.
    shown = [entry for entry in shown if entry.action != UNCHECKED or not entry.message.startswith("namespace ")]
    return [planned(entry) for entry in sorted(shown, key=lambda entry: (rank[entry.action], entry.key))][:MOST_NOTABLE]


def created(judged: Iterable[run.Judged]) -> int:
    """How many objects the target would get."""
    return sum(1 for entry in judged if entry.action in {CREATE, UNCHECKED})


def config_map_name(migration: str) -> str:
    """Name of the ConfigMap with the full list."""
    return f"{migration[: _LONGEST_NAME - len(names.DRY_RUN_SUFFIX)]}{names.DRY_RUN_SUFFIX}"
