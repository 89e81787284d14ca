"""Claims of the source that have no volume yet: they wait for their first pod, or for somebody to provide one.

Nothing is in them to copy, but the workloads that will use them need them in the target as well. They travel as they are, with the stage
Backup, because the initial one has no claims.
"""

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import listing, velero_crs
from mtc.migration.scope import Scope

_KIND = resources.PERSISTENT_VOLUME_CLAIMS
#: The plan looks for these itself.
_HAD_A_VOLUME = frozenset({"Bound", "Lost"})
#: It keeps the claims of its pods, and would not make them as they were.
_KEEPER = resources.STATEFUL_SETS.kind


async def find(scope: Scope) -> list[Object]:
    """Those of the plan's namespaces that travel; none without a stage Backup, and where only data or other kinds are migrated. Raises KubeError."""
    if not _are_wanted(scope):
        return []
    return [claim for claim in await _all(scope) if _travels(scope, claim)]


async def left_behind(scope: Scope) -> tuple[Condition, ...]:
    """The condition that names the claims which do not arrive although nobody has left them out; none without any. Raises KubeError."""
    if not _are_wanted(scope):
        return ()
    known = {f"{pv.pvc.namespace}/{pv.pvc.mapping.source}" for pv in scope.plan.spec.persistent_volumes}
    staying = [claim["metadata"] for claim in await _all(scope) if not _travels(scope, claim) and not _is_of_another(claim)]
    missing = [name for meta in staying if (name := f"{meta['namespace']}/{meta['name']}") not in known]
    if not missing:
        return ()
    text = conditions.with_items(
        f"PersistentVolumeClaims [] of cluster {scope.source.name} have no volume that MigPlan {scope.plan.ref} knows, and do not come along. "
        "What uses them on the target waits for them: create them there.",
        missing,
    )
    return (Condition(type=conditions.CLAIMS_LEFT_BEHIND, category=conditions.WARN, message=text, items=tuple(missing), durable=True),)


def _are_wanted(scope: Scope) -> bool:
    flags, wanted = scope.flags, {(item.group, item.kind) for item in scope.plan.spec.included_resources}
    if flags.is_stage or flags.migrates_state or flags.converts:
        return False
    return _KIND.plural not in scope.settings.excluded_resources and (not wanted or (_KIND.group, _KIND.kind) in wanted)


async def _all(scope: Scope) -> list[Object]:
    found = await listing.of_namespaces(scope.source, _KIND, scope.source_namespaces)
    return [item for item in found if not item["metadata"].get("deletionTimestamp")]


def _travels(scope: Scope, claim: Object) -> bool:
    spec = claim.get("spec") or {}
    if spec.get("volumeName") or velero_crs.phase_of(claim) in _HAD_A_VOLUME or _is_of_another(claim):
        return False
    # What it would be filled from, or bound to, does not come along: it would be another claim.
    return scope.flags.has_stage_backup and not any(spec.get(key) for key in ("dataSource", "dataSourceRef", "selector"))


def _is_of_another(claim: Object) -> bool:
    """Whether it is made anew by whoever made it: a pod, an importer of data."""
    return any(owner.get("controller") and owner.get("kind") != _KEEPER for owner in claim["metadata"].get("ownerReferences") or [])
