"""Claims of the source that have no volume yet: they wait for their first pod, or for somebody to provide one.

Nothing is in them to copy, but the workloads that will use them need them in the target as well. They travel as they are, with the stage
Backup, because the initial one has no claims.
"""

from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import parallel
from mtc.migration.scope import Scope

_KIND = resources.PERSISTENT_VOLUME_CLAIMS
#: Those that have, or had, a volume are volumes of the plan.
_HAD_A_VOLUME = frozenset({"Bound", "Lost"})


async def find(scope: Scope) -> list[Object]:
    """Those of the plan's namespaces; none where only data, or some kinds without claims, are migrated. Raises KubeError."""
    flags, wanted = scope.flags, {(item.group, item.kind) for item in scope.plan.spec.included_resources}
    if flags.is_stage or flags.migrates_state or flags.converts or not flags.has_stage_backup:
        return []
    if _KIND.plural in scope.settings.excluded_resources or (wanted and (_KIND.group, _KIND.kind) not in wanted):
        return []
    spaces = dict.fromkeys(scope.source_namespaces)
    lists = await parallel.gather(scope.source.list_all(_KIND, namespace=name) for name in spaces)
    return [item for found in lists for item in found if _is_waiting(item)]


def _is_waiting(claim: Object) -> bool:
    meta, spec = claim["metadata"], claim.get("spec") or {}
    if spec.get("volumeName") or (claim.get("status") or {}).get("phase") in _HAD_A_VOLUME or meta.get("deletionTimestamp"):
        return False
    # A claim under another claim is a working copy of some importer.
    return not any(owner.get("kind") == _KIND.kind and owner.get("controller") for owner in meta.get("ownerReferences") or [])
