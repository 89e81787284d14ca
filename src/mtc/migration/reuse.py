"""What an earlier try of a migration has made that still stands: Backups and Restores that need not be made again.

Nothing is taken on trust: a Backup must have its files in the bucket, each volume a copy whose snapshot is there, and be made
from what would be backed up today; the application must have stood still since its volumes were copied, or what it has written
after that would be lost. A Restore must be of a Backup that is used again, and its volumes must have arrived. The initial Backup is
used again only where its objects have arrived already: until then somebody may correct them in the source, as errors ask for, and
that is what has to arrive. What does not stand is made anew beside it: the snapshots of the earlier try stay, so that only what
changed is copied.

A conversion of storage that has given some workloads their new claims copies nothing any more: they have written to these. It goes on
with the others, whose copies are true for as long as these have stood still.
"""

from dataclasses import dataclass
from typing import Any

from mtc import store
from mtc.api import conditions, names
from mtc.engine import errors as engine_errors
from mtc.engine import layout, locations
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import digests, direct_volumes, itineraries, lost_claims, velero_crs, velero_waits
from mtc.migration.phases import (
    annotate_resources,
    create_direct_volume_migration_final,
    ensure_final_restore,
    ensure_initial_backup,
    ensure_stage_backup,
    ensure_stage_pods_from_orphaned_pvcs,
    ensure_stage_pods_from_running,
    ensure_stage_pods_from_templates,
    ensure_stage_restore,
    quiesce_source_applications,
    restart_restic,
    stage_pods_created,
    swap_pvc_references,
)
from mtc.migration.quiesce import pods, standstill
from mtc.migration.scope import Scope
from mtc.migration.swap import obstacles
from mtc.migration.velero_crs import Role
from mtc.store import errors as store_errors

_NEEDS_STAGE_PODS = (
    ensure_stage_pods_from_running,
    ensure_stage_pods_from_templates,
    ensure_stage_pods_from_orphaned_pvcs,
    stage_pods_created,
    restart_restic,
    annotate_resources,
    ensure_stage_backup,
)


@dataclass(frozen=True)
class Reuse:
    """What still stands.

    Attributes:
        reused: Backups and Restores, as kind/name.
        passed: names of the phases that would only make them again.
    """

    reused: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()

    def with_(self, item: Object, *phases: Any) -> "Reuse":
        """One more object that stands, with the modules of the phases that need not run."""
        return Reuse((*self.reused, velero_crs.key_of(item)), (*self.passed, *(phase.PHASE.name for phase in phases)))


async def look(scope: Scope) -> Reuse:
    """What still stands of all earlier tries. Raises KubeError."""
    found = Reuse()
    if scope.flags.swaps and scope.flags.has_swapped and await obstacles.done_before(scope, scope.plan):
        return await _half_swapped(scope)
    bucket = None if scope.flags.is_rollback else await _bucket(scope)
    if bucket is None:
        return found
    copied = not scope.flags.direct_volume
    if not copied and (copy := await _direct_copy(scope)):
        # What comparing has found is told again by the wait for a copy that has ended.
        found = found.with_(copy, create_direct_volume_migration_final)
        copied = True
    arrived = copied and not scope.flags.has_stage_backup
    if scope.flags.has_stage_backup and (stage := await _stage_backup(scope, bucket)):
        found = found.with_(stage, *_NEEDS_STAGE_PODS)
        if restore := await _restore(scope, velero_crs.STAGE_RESTORE, stage):
            found, arrived = found.with_(restore, ensure_stage_restore), copied
    if scope.flags.is_stage or not arrived or not (initial := await _initial_backup(scope, bucket)):
        return found
    if restore := await _restore(scope, velero_crs.FINAL_RESTORE, initial):
        found = found.with_(initial, ensure_initial_backup).with_(restore, ensure_final_restore)
    return found


async def _half_swapped(scope: Scope) -> Reuse:
    """The way to the swap, past everything that stops and copies; none where the copies of what is left may be old by now."""
    backups = {item["metadata"]["name"]: item for item in await velero_crs.of_all_tries(scope, velero_crs.STAGE_BACKUP)}
    for restore in await velero_crs.of_all_tries(scope, velero_crs.STAGE_RESTORE):
        backup = backups.get(restore["spec"].get("backupName"))
        if backup is None or velero_crs.phase_of(restore) != "Completed":
            continue
        moved = await standstill.look(scope, since=backup["metadata"]["creationTimestamp"])
        if not moved.started and not moved.unstoppable:
            order = [phase.name for phase in itineraries.STAGE.phases]
            copying = order[order.index(quiesce_source_applications.PHASE.name) : order.index(swap_pvc_references.PHASE.name)]
            return Reuse((velero_crs.key_of(backup), velero_crs.key_of(restore)), tuple(copying))
    return Reuse()


async def _bucket(scope: Scope) -> store.Store | None:
    """The plan's bucket; None when it cannot be looked at, and nothing in it is known to be there."""
    try:
        location = await velero_crs.plan_location(scope, scope.source, resources.BACKUP_STORAGE_LOCATIONS)
        return store.open_location(await locations.read(scope.source, location))
    except (velero_crs.LocationMissing, engine_errors.EngineError, store_errors.StoreError) as error:
        scope.log.warning("bucket not readable, so nothing of earlier tries is used again", error=str(error))
        return None


async def _initial_backup(scope: Scope, bucket: store.Store) -> Object | None:
    wanted = digests.of_backup(scope, await velero_crs.initial_backup_spec(scope), volumes=False)
    for item in await velero_crs.of_all_tries(scope, velero_crs.INITIAL_BACKUP):
        if _is_made_from(item, wanted) and await _is_stored(scope, bucket, item):
            return item
    return None


async def _stage_backup(scope: Scope, bucket: store.Store) -> Object | None:
    wanted = await digests.of_stage_backup(scope, await velero_crs.stage_backup_spec(scope))
    still = "" if scope.flags.is_stage else await _standstill(scope)
    for item in await velero_crs.of_all_tries(scope, velero_crs.STAGE_BACKUP):
        # A stage migration brings data of some moment; the next one brings what was written since.
        if scope.flags.copies_images and velero_crs.phase_of(item) != "Completed":
            continue  # what it lacks may be images
        unchanged = scope.flags.is_stage or (still and _note(item, names.QUIESCED_STATE) == still)
        if unchanged and _is_made_from(item, wanted) and await _is_stored(scope, bucket, item) and await _has_data(scope, bucket, item):
            return item
    return None


async def _direct_copy(scope: Scope) -> Object | None:
    """A direct copy of all volumes that still is what the source has, in claims that still are there."""
    still = "" if scope.flags.is_stage else await _standstill(scope)
    wanted = direct_volumes.body(scope)["spec"]
    for item in await direct_volumes.of_all_tries(scope):
        succeeded = conditions.has(conditions.readable(item.get("status")), conditions.SUCCEEDED)
        unchanged = still and _note(item, names.QUIESCED_STATE) == still
        if not (succeeded and unchanged and item["spec"] == wanted) or await lost_claims.of_copy(scope, item):
            continue
        if not any(answer.differences for answer in direct_volumes.answers(await direct_volumes.progresses(scope, item))):
            return item
    return None


async def _standstill(scope: Scope) -> str:
    """Digest of the workloads that stand still; "" where something may have written to a volume since it was copied."""
    if not scope.flags.quiesce:
        return ""
    running = await pods.running(scope.source, list(dict.fromkeys(scope.source_namespaces)))
    writing = [pod for pod in running if {(pod["metadata"]["namespace"], claim) for claim in pods.mounted(pod)} & scope.copied_claims]
    return "" if writing else await digests.of_standstill(scope)


def _note(item: Object, key: str) -> str:
    return str((item["metadata"].get("annotations") or {}).get(key, ""))


def _is_made_from(item: Object, wanted: str) -> bool:
    return _note(item, names.PLAN_DIGEST) == wanted and velero_crs.phase_of(item) in velero_crs.USABLE


async def _is_stored(scope: Scope, bucket: store.Store, item: Object) -> bool:
    files = layout.BackupFiles(item["metadata"]["name"])
    try:
        return await bucket.exists(files.metadata) and await bucket.exists(files.contents)
    except store_errors.StoreError as error:
        scope.log.warning("backup not looked at in the bucket, so it is not used again", backup=files.name, error=str(error))
        return False


async def _has_data(scope: Scope, bucket: store.Store, item: Object) -> bool:
    """Whether each volume was copied, and its snapshot is still in a repository that can be opened."""
    copies = await velero_waits.volume_objects(scope, velero_crs.STAGE_BACKUP, item)
    if velero_waits.not_backed_up(scope, copies, []):
        return False
    snapshots = {(copy["spec"]["pod"]["namespace"], (copy.get("status") or {}).get("snapshotID") or "") for copy in copies}
    try:
        for namespace in {space for space, _ in snapshots}:
            if not await _can_be_opened(bucket, namespace):
                scope.log.warning("repository without config or keys, so its snapshots are not used again", repository=namespace)
                return False
            stored = [key.rpartition("/")[2] async for key in bucket.keys(layout.restic_snapshots(namespace))]
            wanted = [snapshot for space, snapshot in snapshots if space == namespace and snapshot]
            # Velero writes the first characters of the name only.
            if not all(any(name.startswith(snapshot) for name in stored) for snapshot in wanted):
                return False
    except store_errors.StoreError as error:
        scope.log.warning("snapshots not looked at in the bucket, so they are not used again", error=str(error))
        return False
    return True


async def _can_be_opened(bucket: store.Store, namespace: str) -> bool:
    """Whether the repository of a namespace has what restic needs before it looks at any snapshot."""
    if not await bucket.exists(layout.restic_config(namespace)):
        return False
    async for _ in bucket.keys(layout.restic_keys(namespace)):
        return True
    return False


async def _restore(scope: Scope, role: Role, backup: Object) -> Object | None:
    for item in await velero_crs.of_all_tries(scope, role):
        if item["spec"].get("backupName") != backup["metadata"]["name"] or velero_crs.phase_of(item) != "Completed":
            continue
        if role is velero_crs.FINAL_RESTORE or await _has_arrived(scope, backup, item):
            return item
    return None


async def _has_arrived(scope: Scope, backup: Object, restore: Object) -> bool:
    saved = await velero_waits.volume_objects(scope, velero_crs.STAGE_BACKUP, backup)
    arrived = await velero_waits.volume_objects(scope, velero_crs.STAGE_RESTORE, restore)
    return not velero_waits.not_restored(scope, saved, arrived) and not await lost_claims.find(scope, restore)
