"""Workloads that a migration stops and does not bring: the plan's label selector, or the kinds that it is limited to, leave them out.

As in MTC everything in the plan's namespaces is stopped, because whatever runs there may write to the volumes, and those all travel.
"""

from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.engine import selection
from mtc.kube.client import Object
from mtc.kube.resources import ResourceType
from mtc.migration import velero_crs
from mtc.migration.quiesce import work, workload
from mtc.migration.scope import Scope


async def left_behind(scope: Scope) -> tuple[Condition, ...]:
    """The condition that names them; none where nothing is stopped or left out. Raises KubeError and MigrationError."""
    flags, spec = scope.flags, scope.plan.spec
    if not flags.quiesce or flags.is_stage or flags.migrates_state or flags.converts:
        return ()
    if spec.label_selector is None and not spec.included_resources:
        return ()
    wanted = await velero_crs.initial_backup_spec(scope)
    meant = await work.listed(scope.source, await work.source_selection(scope))
    left = work.describe(
        item
        for found, item in meant
        if (found.stop(item) is not None or found.is_stopped(item))
        and not workload.has_controller(item)
        and not _is_chosen(wanted, found.kind, item)
    )
    if not left:
        return ()
    text = conditions.with_items(
        f"[] of cluster {scope.source.name} are stopped and do not come along: spec.labelSelector or spec.includedResources of MigPlan "
        f"{scope.plan.ref} leaves them out. Start again what is to go on in the source.",
        left,
    )
    return (Condition(type=conditions.WORKLOADS_LEFT_BEHIND, category=conditions.WARN, message=text, items=tuple(left), durable=True),)


def _is_chosen(spec: Object, kind: ResourceType, item: Object) -> bool:
    included, excluded = spec.get("includedResources") or [], spec.get("excludedResources") or []
    if (included and kind.group_resource not in included) or {kind.group_resource, kind.plural} & set(excluded):
        return False
    return selection.any_selects(spec, item["metadata"].get("labels") or {})
