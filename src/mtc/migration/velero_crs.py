"""The two Backups and the two Restores of a migration: how they are made, found again and judged.

They are found by their role label, whose value is the migration's UID, and looked for before they are made: their names
come from the server, so a second attempt after a lost answer must not make a second one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mtc.api import names
from mtc.kube import codec, discovery, resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration.errors import MigrationError
from mtc.migration.migration_registry import work as registries
from mtc.migration.scope import Scope

TTL = "720h0m0s"
#: In the bucket these belong to the stage Backup, or to no backup at all.
NOT_IN_INITIAL = ("imagestreams", "persistentvolumes", "persistentvolumeclaims")
IN_STAGE = ("serviceaccount", "persistentvolumes", "persistentvolumeclaims", "namespaces", "secrets", "configmaps", "pods")
_IMAGE_STREAMS = "imagestreams"

#: Phases of Backup, Restore and the volume objects after which nothing more happens.
OVER = frozenset({"Completed", "PartiallyFailed", "Failed", "FailedValidation", "Canceled", "Deleting"})
#: What can be restored from.
USABLE = frozenset({"Completed", "PartiallyFailed"})
NOT_BEGUN = frozenset({"", "New", "Queued", "ReadyToStart"})


class LocationMissing(MigrationError):
    """The plan has no BackupStorageLocation or VolumeSnapshotLocation in a cluster."""

    reason = "LocationMissing"


@dataclass(frozen=True)
class Role:
    """One of the four.

    Attributes:
        label: the label that says so.
        kind: Backup or Restore.
        suffix: word in its name.
        words: how messages call it.
    """

    label: str
    kind: ResourceType
    suffix: str
    words: str


INITIAL_BACKUP = Role(names.INITIAL_BACKUP, resources.BACKUPS, "initial", "initial Backup")
STAGE_BACKUP = Role(names.STAGE_BACKUP, resources.BACKUPS, "stage", "stage Backup")
STAGE_RESTORE = Role(names.STAGE_RESTORE, resources.RESTORES, "stage", "stage Restore")
FINAL_RESTORE = Role(names.FINAL_RESTORE, resources.RESTORES, "final", "final Restore")


def phase_of(item: Object) -> str:
    """The phase, "" before anybody has taken the object."""
    return str((item.get("status") or {}).get("phase") or "")


def waiting_for(item: Object) -> str:
    """A sentence about the trouble that the engine waits for to pass; "" when there is none."""
    text = (item["metadata"].get("annotations") or {}).get(names.WAITING_FOR)
    return f"It waits for the end of this: {text}" if text and phase_of(item) not in OVER else ""


async def find(scope: Scope, role: Role) -> Object | None:
    """The migration's object of that role, None when it has not been made: that of this try, or one that is used again."""
    return of_this_try(scope, await of_all_tries(scope, role))


def of_this_try(scope: Scope, found: Sequence[Object]) -> Object | None:
    """Of what all tries have made, what this one has made or uses again. Pure."""
    reused = scope.migration.status.retry.reused if scope.migration.status.retry else ()
    mine = [item for item in found if attempt_of(item) == scope.migration.attempt]
    return mine[0] if mine else next((item for item in found if key_of(item) in reused), None)


async def of_all_tries(scope: Scope, role: Role) -> list[Object]:
    """The migration's objects of that role, those of the last try first; within a try there is one, or the oldest counts."""
    found = await cluster_of(scope, role).list_all(role.kind, namespace=scope.namespace, label_selector=f"{role.label}={scope.uid}")
    return sorted(found, key=lambda item: (-attempt_of(item), item["metadata"]["creationTimestamp"], item["metadata"]["name"]))


def attempt_of(item: Object) -> int:
    """The try of a migration by which an object was made."""
    noted = str((item["metadata"].get("annotations") or {}).get(names.ATTEMPT, ""))
    return int(noted) if noted.isdigit() else 1


def attempt_note(scope: Scope) -> dict[str, str]:
    """The annotation of what a later try makes; none in the first, so that objects look as MTC's do."""
    return {names.ATTEMPT: str(scope.migration.attempt)} if scope.migration.attempt > 1 else {}


def key_of(item: Object) -> str:
    """Kind and name, as `status.retry.reused` lists them."""
    return f"{item['kind']}/{item['metadata']['name']}"


def cluster_of(scope: Scope, role: Role) -> Client:
    """Backups are made in the source, Restores in the target."""
    return scope.source if role.kind == resources.BACKUPS else scope.target


async def ensure(scope: Scope, role: Role, spec: dict[str, Any], extra: dict[str, str]) -> Object:
    """The migration's object of that role, made now unless it exists.

    Args:
        scope: the pass.
        role: which one.
        spec: its spec.
        extra: annotations beside those that all of them have.
    """
    if found := await find(scope, role):
        return found
    cluster = cluster_of(scope, role)
    more = await registries.annotations(scope, cluster)
    if role.kind == resources.BACKUPS and scope.settings.disable_image_copy:
        more |= {names.DISABLE_IMAGE_COPY: names.TRUE.lower()}
    return await cluster.create(role.kind, body(scope, role, spec, extra | more))


def body(scope: Scope, role: Role, spec: dict[str, Any], extra: dict[str, str]) -> Object:
    """The object as it is sent to the server."""
    migration = scope.migration
    return {
        "apiVersion": role.kind.api_version,
        "kind": role.kind.kind,
        "metadata": {
            "namespace": scope.namespace,
            "generateName": names.generate_name(migration.name, role.suffix),
            "labels": {
                **names.correlation_labels("MigMigration", migration.uid),
                role.label: migration.uid,
                names.MIGMIGRATION_NAME: names.label_value(migration.name),
                names.MIGPLAN_NAME: names.label_value(scope.plan.name),
                names.MIGRATED_BY_MIGMIGRATION: migration.uid,
                names.MIGRATED_BY_MIGPLAN: scope.plan.uid,
            },
            "annotations": {
                names.MIGMIGRATION_TYPE: names.TYPE_STAGE if migration.spec.stage else names.TYPE_FINAL,
                **attempt_note(scope),
                **extra,
            },
        },
        "spec": spec,
    }


def quiesce_annotation(scope: Scope) -> dict[str, str]:
    """Says that the application was stopped; not on the initial Backup, which is taken before that."""
    return {names.QUIESCE_PODS: "true"} if scope.migration.spec.quiesce_pods else {}


def claim_names_annotation(scope: Scope) -> dict[str, str]:
    """Says which claims get another name; also without any it says that state is migrated and nothing else."""
    if not scope.flags.migrates_state:
        return {}
    renamed = {f"{pv.pvc.namespace}/{pv.pvc.mapping.source}": pv.pvc.mapping.target for pv in scope.volumes if pv.pvc.mapping.is_mapped}
    return {names.CLAIM_NAMES: codec.dumps(renamed).decode()}


async def initial_backup_spec(scope: Scope) -> dict[str, Any]:
    """Spec of the Backup of objects."""
    excluded = list(dict.fromkeys([*NOT_IN_INITIAL, *scope.plan.status.excluded_resources]))
    spec = await _backup_spec(scope, excluded=excluded)
    included = await _included(scope)
    # The tool itself leaves out claims and volumes, which travel with the stage Backup; where nothing else was chosen, nothing else comes.
    spec["includedResources"] = ([name for name in included if name not in NOT_IN_INITIAL] or ["namespaces"]) if included else []
    if scope.plan.spec.label_selector is not None:
        spec["labelSelector"] = scope.plan.spec.label_selector.model_dump(mode="json")
    return spec


async def stage_backup_spec(scope: Scope) -> dict[str, Any]:
    """Spec of the Backup of volumes: what carries this migration's label."""
    excluded = list(scope.plan.status.excluded_resources)
    spec = await _backup_spec(scope, excluded=excluded)
    streams = (_IMAGE_STREAMS,) if scope.images.streams else ()
    spec["includedResources"] = [name for name in (*IN_STAGE, *streams) if name not in excluded]
    spec["labelSelector"] = {"matchLabels": {names.INCLUDED_IN_STAGE_BACKUP: scope.uid}}
    return spec


def restore_spec(scope: Scope, backup: Object) -> dict[str, Any]:
    """Spec of a Restore from a Backup of this migration."""
    missing = {
        f"{gvk.kind}.{gvk.group}" if gvk.group else gvk.kind
        for namespace in scope.plan.status.incompatible_namespaces
        for gvk in namespace.gvks
    }
    spec: dict[str, Any] = {"backupName": backup["metadata"]["name"], "restorePVs": True, "excludedResources": sorted(missing)}
    mapping = {entry.source: entry.target for entry in scope.namespaces if entry.is_mapped}
    if mapping:
        spec["namespaceMapping"] = mapping
    return spec


async def _backup_spec(scope: Scope, *, excluded: list[str]) -> dict[str, Any]:
    location = await plan_location(scope, scope.source, resources.BACKUP_STORAGE_LOCATIONS)
    snapshots = await plan_location(scope, scope.source, resources.VOLUME_SNAPSHOT_LOCATIONS)
    return {
        "includedNamespaces": list(dict.fromkeys(scope.source_namespaces)),
        "excludedNamespaces": [],
        "excludedResources": excluded,
        "hooks": {"resources": []},
        "storageLocation": location["metadata"]["name"],
        "volumeSnapshotLocations": [snapshots["metadata"]["name"]],
        "ttl": TTL,
    }


async def _included(scope: Scope) -> list[str]:
    """The kinds that the plan is limited to, as plural names; empty means all."""
    wanted = scope.plan.spec.included_resources
    if not wanted:
        return []
    served = await discovery.discover(scope.source)
    found = []
    for item in wanted:
        kind = next((entry for entry in served.preferred if entry.kind == item.kind and entry.group == item.group), None)
        if kind is None:
            label = f"{item.kind}.{item.group}" if item.group else item.kind
            msg = (
                f"spec.includedResources of MigPlan {scope.plan.ref} names {label}, which cluster {scope.source.name} does not serve. "
                f"Correct the plan."
            )
            raise MigrationError(msg)
        found.append(kind.group_resource)
    return found


async def plan_location(scope: Scope, cluster: Client, kind: ResourceType) -> Object:
    """The plan's BackupStorageLocation or VolumeSnapshotLocation in a cluster. Raises LocationMissing."""
    labels = names.correlation_labels("MigPlan", scope.plan.uid)
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    found = await cluster.list_all(kind, namespace=scope.namespace, label_selector=selector)
    if not found:
        msg = (
            f"MigPlan {scope.plan.ref} has no {kind.kind} in namespace {scope.namespace} of cluster {cluster.name}. "
            f"The plan makes it: see the conditions of the plan, and whether somebody deleted it."
        )
        raise LocationMissing(msg)
    return min(found, key=lambda item: str(item["metadata"]["name"]))
