"""Claims of the source that have no volume yet: they wait for their first pod, or for somebody to provide one.

Nothing is in them to copy, but the workloads that will use them need them in the target as well. They travel as they are, with the stage
Backup, because the initial one has no claims.
"""

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import parallel
from mtc.migration.scope import Scope

_KIND = resources.PERSISTENT_VOLUME_CLAIMS
#: Those that have, or had, a volume are volumes of the plan.
_HAD_A_VOLUME = frozenset({"Bound", "Lost"})
_KEEPER = resources.STATEFUL_SETS.kind


async def find(scope: Scope) -> list[Object]:
    """Those of the plan's namespaces that travel; none without a stage Backup, and where only data or other kinds are migrated. Raises KubeError."""
    if not scope.flags.has_stage_backup or not _are_wanted(scope):
        return []
    return [item for item in await _all(scope) if _is_waiting(item)]


async def left_behind(scope: Scope) -> tuple[Condition, ...]:
    """The condition that names the claims which do not arrive although nobody has left them out; none without any. Raises KubeError."""
    if not _are_wanted(scope):
        return ()
    known = {(pv.pvc.namespace, pv.pvc.mapping.source) for pv in scope.plan.spec.persistent_volumes}
    missing = [
        f"{item['metadata']['namespace']}/{item['metadata']['name']}"
        for item in await _all(scope)
        if (item["metadata"]["namespace"], item["metadata"]["name"]) not in known
        and not (_is_waiting(item) and scope.flags.has_stage_backup)
        and not _is_of_another(item)
    ]
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
    spaces = dict.fromkeys(scope.source_namespaces)
    lists = await parallel.gather(scope.source.list_all(_KIND, namespace=name) for name in spaces)
    return [item for found in lists for item in found if not item["metadata"].get("deletionTimestamp")]


def _is_waiting(claim: Object) -> bool:
    spec = claim.get("spec") or {}
    if spec.get("volumeName") or (claim.get("status") or {}).get("phase") in _HAD_A_VOLUME:
        return False
    # What it would be filled from, or bound to, does not come along: it would be another claim.
    return not any(spec.get(key) for key in ("dataSource", "dataSourceRef", "selector")) and not _is_of_another(claim)


def _is_of_another(claim: Object) -> bool:
    """Whether it is made anew by whoever made it: a pod, an importer of data."""
    return any(owner.get("controller") and owner.get("kind") != _KEEPER for owner in claim["metadata"].get("ownerReferences") or [])
