"""Waiting until a Backup that the source made is visible on the target."""

from mtc.engine import storage_locations
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import velero_crs, velero_waits
from mtc.migration.outcome import Awaited, Done, Outcome, Subject, Wait, fail
from mtc.migration.scope import Scope
from mtc.migration.velero_crs import Role

#: Engines look into the bucket each minute, ours also when it is told to.
_PATIENCE_S = 90.0


async def follow(scope: Scope, role: Role) -> Outcome:
    """Done when the Backup exists on the target under the same name."""
    backup = await velero_crs.find(scope, role)
    if backup is None:
        return fail(
            "BackupMissing", f"The {role.words} of this migration was deleted from cluster {scope.source.name}. Start another migration."
        )
    name = backup["metadata"]["name"]
    if await scope.target.find(resources.BACKUPS, name, namespace=scope.namespace) is not None:
        return Done()
    location = await _nudged(scope, name)
    trouble = velero_waits.unavailable(location, scope.target) if velero_crs.phase_of(location) == "Unavailable" else ""
    return Wait(
        for_=(
            Awaited(scope.target, resources.BACKUPS, scope.namespace),
            Awaited(scope.target, resources.BACKUP_STORAGE_LOCATIONS, scope.namespace),
        ),
        reason="NotReplicated",
        message=f"Backup {scope.namespace}/{name} is not visible on target cluster {scope.target.name} yet. {trouble}".strip(),
        patience_s=0.0 if trouble else _PATIENCE_S,
        objects=(Subject(scope.target, location),),
    )


async def _nudged(scope: Scope, backup: str) -> Object:
    """The target's location, marked with the Backup's name, at which our engine looks into the bucket at once."""
    location = await velero_crs.plan_location(scope, scope.target, resources.BACKUP_STORAGE_LOCATIONS)
    return await storage_locations.request_sync(scope.target, location, backup)
