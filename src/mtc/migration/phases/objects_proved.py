"""ObjectsProved: compares the objects on the target with those that were saved, before anything changes them."""

from mtc import store
from mtc.api.proof import ProofCounts
from mtc.engine import errors as engine_errors
from mtc.engine import locations
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import lost_claims, velero_crs, velero_waits
from mtc.migration.outcome import Done, Outcome, Wait
from mtc.migration.phase import Phase, always
from mtc.migration.proof import objects, verdict, volumes
from mtc.migration.proof.verdict import Findings
from mtc.migration.scope import Scope
from mtc.store import errors as store_errors

#: A storage may be restarted; longer than that the application does not wait for a comparison.
_PATIENCE_S = 120.0


async def run(scope: Scope) -> Outcome:
    """Once; a difference does not stop the migration, but the loss of a whole volume does."""
    if lost := await lost_claims.failure(scope):
        return lost
    if why := verdict.skipped_because(scope):
        return Done(conditions=await velero_waits.warned(scope), proof=verdict.skipped(why, now=scope.now))
    try:
        found, report = await _compare(scope)
    except store_errors.StoreUnreachable as error:
        if scope.in_phase_s < _PATIENCE_S:
            return Wait(for_=(), reason="StorageSilent", message=f"The objects are compared as soon as the storage answers: {error}")
        found, report = _not_compared(f"The storage gave no answer: {error}"), None
    result = verdict.joined(scope.migration.status.proof, "objects", found, report=report, now=scope.now)
    scope.log.info("result compared", state=result.state, message=result.message)
    return Done(conditions=verdict.told(scope, result, found), proof=result)


async def _compare(scope: Scope) -> tuple[Findings, str | None]:
    backup = await velero_crs.find(scope, velero_crs.INITIAL_BACKUP)
    restore = await velero_crs.find(scope, velero_crs.FINAL_RESTORE)
    if backup is None or restore is None:
        gone = "initial Backup" if backup is None else "final Restore"
        return _not_compared(f"The {gone} of this migration was deleted, so its objects could not be compared."), None
    stage = await velero_crs.find(scope, velero_crs.STAGE_RESTORE)
    claims, told = await _claims(scope, stage)
    try:
        location = await velero_crs.plan_location(scope, scope.source, resources.BACKUP_STORAGE_LOCATIONS)
        bucket = store.open_location(await locations.read(scope.source, location))
        migration = scope.migration
        head = {"migration": str(migration.ref), "uid": migration.uid, "backup": backup["metadata"]["name"], "from": scope.source.name}
        brought = objects.Brought(backup, restore)
        saved = objects.Saved(scope.target, brought, claims, bucket, await volumes.reports(scope, stage))
        found, report = await objects.compare(saved, head={**head, "to": scope.target.name})
    except store_errors.StoreUnreachable:
        raise
    except (velero_crs.LocationMissing, engine_errors.EngineError, store_errors.StoreError) as error:
        return _not_compared(f"The objects of the initial Backup could not be compared: {error}"), None
    if told:
        found.counts.not_compared += 1
        found.trouble.append(told)
    return found, report


async def _claims(scope: Scope, restore: Object | None) -> tuple[objects.Brought | None, str]:
    """What brought the claims of the plan, None where there were none to bring; and why they cannot be compared, "" where they can."""
    if not scope.flags.has_stage_backup:
        return None, ""
    backup = await velero_crs.find(scope, velero_crs.STAGE_BACKUP)
    if backup is None or restore is None:
        gone = "stage Backup" if backup is None else "stage Restore"
        return None, f"The {gone} of this migration was deleted, so its PersistentVolumeClaims could not be compared."
    return objects.Brought(backup, restore), ""


def _not_compared(why: str) -> Findings:
    return Findings(counts=ProofCounts(not_compared=1), trouble=[why])


PHASE = Phase(
    name="ObjectsProved",
    step="Restore",
    description="Comparing the objects on the target with those that were saved.",
    applies=always,
    run=run,
)
