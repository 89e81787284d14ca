"""ObjectsProved: compares the objects on the target with those that were saved, before anything changes them."""

from mtc import store
from mtc.api.proof import ProofCounts
from mtc.engine import errors as engine_errors
from mtc.engine import locations
from mtc.kube import resources
from mtc.migration import velero_crs
from mtc.migration.outcome import Done, Outcome, Wait
from mtc.migration.phase import Phase, always
from mtc.migration.proof import objects, verdict, volumes
from mtc.migration.proof.verdict import Findings
from mtc.migration.scope import Scope
from mtc.store import errors as store_errors

#: A storage may be restarted; longer than that the application does not wait for a comparison.
_PATIENCE_S = 120.0


async def run(scope: Scope) -> Outcome:
    """Once; a difference does not stop the migration."""
    if why := verdict.skipped_because(scope):
        return Done(proof=verdict.skipped(why, now=scope.now))
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
    try:
        location = await velero_crs.plan_location(scope, scope.source, resources.BACKUP_STORAGE_LOCATIONS)
        bucket = store.open_location(await locations.read(scope.source, location))
        migration = scope.migration
        head = {"migration": str(migration.ref), "uid": migration.uid, "backup": backup["metadata"]["name"], "from": scope.source.name}
        saved = objects.Saved(scope.target, backup, restore, bucket, await volumes.reports(scope))
        return await objects.compare(saved, head={**head, "to": scope.target.name})
    except store_errors.StoreUnreachable:
        raise
    except (velero_crs.LocationMissing, engine_errors.EngineError, store_errors.StoreError) as error:
        return _not_compared(f"The objects of the initial Backup could not be compared: {error}"), None


def _not_compared(why: str) -> Findings:
    return Findings(counts=ProofCounts(not_compared=1), trouble=[why])


PHASE = Phase(
    name="ObjectsProved",
    step="Restore",
    description="Comparing the objects on the target with those that were saved.",
    applies=always,
    run=run,
)
