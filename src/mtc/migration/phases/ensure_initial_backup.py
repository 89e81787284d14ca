"""EnsureInitialBackup: makes the Backup of the objects, before anything of the application is stopped."""

from mtc.api import names
from mtc.migration import digests, source_namespaces, unselected, velero_crs, waiting_claims
from mtc.migration.outcome import Done, Outcome, fail
from mtc.migration.phase import Phase, always
from mtc.migration.scope import Scope


async def run(scope: Scope) -> Outcome:
    """Once."""
    if gone := await source_namespaces.missing(scope):
        return fail("NamespaceNotFound", gone)
    role = velero_crs.INITIAL_BACKUP
    if await velero_crs.find(scope, role) is None:
        spec = await velero_crs.initial_backup_spec(scope)
        item = await velero_crs.ensure(scope, role, spec, {names.PLAN_DIGEST: digests.of_backup(scope, spec, volumes=False)})
        scope.log.info("initial Backup made", backup=item["metadata"]["name"], label=names.INITIAL_BACKUP)
    return Done(conditions=(*await waiting_claims.left_behind(scope), *await unselected.left_behind(scope)))


PHASE = Phase(
    name="EnsureInitialBackup",
    step="Backup",
    description="Creating the initial Backup: the Kubernetes objects.",
    applies=always,
    run=run,
)
