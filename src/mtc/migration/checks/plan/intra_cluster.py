"""IntraClusterMigration: what cannot be done, or may go wrong, inside one cluster; and the type of migration."""

from collections.abc import Sequence

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.kube.client import Object
from mtc.migration import checks, plan_state
from mtc.migration.checks.plan import Scope

_TYPE = conditions.INTRA_CLUSTER_MIGRATION
_PERMISSIONS = (
    "openshift.io/sa.scc.uid-range",
    "openshift.io/sa.scc.supplemental-groups",
    "openshift.io/sa.scc.mcs",
)


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    found = [scope.type] if scope.type else []
    if not scope.is_one_cluster:
        return found
    if scope.plan.spec.indirect_volume_migration or scope.plan.spec.indirect_image_migration:
        message = (
            f"Source and target of MigPlan {scope.ref} are one cluster, where nothing can travel through the replication repository. "
            "Set spec.indirectVolumeMigration and spec.indirectImageMigration to false, or choose another cluster."
        )
        return [*found, checks.critical(_TYPE, conditions.NAMESPACE_MIGRATION_PLAN, message)]
    if plan_state.mapping_of(scope.plan) is plan_state.Mapping.SOME:
        message = (
            f"Source and target of MigPlan {scope.ref} are one cluster, and some of its namespaces get another name while others do not. "
            "Give every namespace another name (`source:target`), or none."
        )
        return [*found, checks.critical(_TYPE, conditions.CONFLICTING_NAMESPACES, message)]
    if differing := _differing(scope):
        message = (
            f"Namespaces [] exist already and give pods other user ids, groups or SELinux labels than the namespaces that MigPlan {scope.ref} "
            "copies to them, so copied files may be unreadable there. Delete them, or choose other names."
        )
        return [*found, checks.warn(_TYPE, conditions.CONFLICTING_PERMISSIONS, message, items=differing)]
    return found


def _differing(scope: Scope) -> list[str]:
    found = []
    for mapping in scope.mappings:
        source, target = scope.source_namespaces.get(mapping.source), scope.target_namespaces.get(mapping.target)
        if mapping.is_mapped and source and target and _permissions(source) != _permissions(target):
            found.append(mapping.target)
    return found


def _permissions(namespace: Object) -> list[str | None]:
    marks = namespace["metadata"].get("annotations") or {}
    return [marks.get(name) for name in _PERMISSIONS]


CHECK = checks.Check(order=25, types=(_TYPE, conditions.MIGRATION_TYPE_IDENTIFIED), run=_run)
