"""Claims of the target that were filled, and that are not what was filled any more: their data are gone from there."""

from datetime import datetime

from mtc.api.migration.directvolumemigration import DirectVolumeMigration
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import direct_volumes, listing, velero_crs, waiting_claims
from mtc.migration.outcome import Fail, fail
from mtc.migration.scope import Scope


async def find(scope: Scope, restore: Object) -> list[str]:
    """The claims, as `namespace/name`, that a stage Restore brought and that are gone, those without a volume too.

    Args:
        scope: the pass.
        restore: the stage Restore, which has ended.
    """
    waiting = [(claim["metadata"]["namespace"], claim["metadata"]["name"]) for claim in await waiting_claims.find(scope)]
    return await _gone(scope, restore, [*_filled(scope), *waiting])


def _filled(scope: Scope) -> list[tuple[str, str]]:
    return [(pv.pvc.namespace, pv.pvc.mapping.target) for pv in scope.stored]


async def _gone(scope: Scope, restore: Object, wanted: list[tuple[str, str]]) -> list[str]:
    places = [(scope.target_namespace(space), name) for space, name in wanted]
    found = await listing.of_namespaces(scope.target, resources.PERSISTENT_VOLUME_CLAIMS, (namespace for namespace, _ in places))
    there = {(claim["metadata"]["namespace"], claim["metadata"]["name"]): claim for claim in found}
    return [f"{namespace}/{name}" for namespace, name in places if not is_of(restore, there.get((namespace, name)))]


def is_of(restore: Object, claim: Object | None) -> bool:
    """Whether a claim is what a Restore found or made: one that is younger has another volume, an empty one. Pure."""
    if claim is None or claim["metadata"].get("deletionTimestamp"):
        return False
    ended, made = (restore.get("status") or {}).get("completionTimestamp"), claim["metadata"].get("creationTimestamp")
    if not ended or not made:
        return True
    # Servers keep whole seconds.
    return datetime.fromisoformat(made) <= datetime.fromisoformat(ended)


async def failure(scope: Scope) -> Fail | None:
    """What a migration says whose volumes are gone from the target before it has come to its end; None where they are there."""
    copy = await direct_volumes.find(scope) if scope.flags.direct_volume else None
    lost = await of_copy(scope, copy) if copy else []
    if scope.flags.has_stage_backup and (restore := await velero_crs.find(scope, velero_crs.STAGE_RESTORE)) is not None:
        lost += await _gone(scope, restore, _filled(scope))
    if not lost:
        return None
    stored = " and in the repository" if scope.flags.indirect_volume else ""
    text = (
        f"PersistentVolumeClaims {', '.join(lost)} on target cluster {scope.target.name} were filled by this migration, and somebody has deleted "
        f"them or their namespace since: the data are gone from there. They are in the source{stored}. Find out who deleted "
        "them, roll back, and migrate again; or stop what waits for them on the target, and try this one again."
    )
    return fail("VolumesLost", text)


async def of_copy(scope: Scope, copy: Object) -> list[str]:
    """The claims, as `namespace/name`, that a direct copy has filled and that are gone, by their UIDs: clocks of clusters differ."""
    filled = DirectVolumeMigration.from_dict(copy).status.filled_claims
    spaces = [entry.namespace or "" for entry in filled]
    found = await listing.of_namespaces(scope.target, resources.PERSISTENT_VOLUME_CLAIMS, spaces)
    there = {claim["metadata"]["uid"] for claim in found if not claim["metadata"].get("deletionTimestamp")}
    return [f"{entry.namespace}/{entry.name}" for entry in filled if entry.uid not in there]
