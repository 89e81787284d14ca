"""PlanConflict: two open plans must not work on one namespace of one cluster, whatever they call it and in whatever role."""

from collections.abc import Sequence

from mtc.api import base, common, conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migplan import MigPlan
from mtc.migration import checks
from mtc.migration.checks.plan import Scope, parsed_mappings

_TYPE = conditions.PLAN_CONFLICT


async def _run(scope: Scope, _: Sequence[Condition]) -> list[Condition]:
    own = touched(scope.plan)
    conflicting = {other.name: own & touched(other) for other in scope.others if not other.metadata.get("deletionTimestamp")}
    conflicting = {name: common_ for name, common_ in conflicting.items() if common_}
    if not conflicting:
        return []
    shared = sorted({f"{namespace} on {cluster.name}" for common_ in conflicting.values() for cluster, namespace in common_})
    message = (
        f"MigPlan {scope.ref} works on the same namespaces as plans []: {', '.join(shared)}. "
        "Close or delete the other plans, or take the namespaces out of one of them."
    )
    return [checks.error(_TYPE, conditions.CONFLICT, message, items=sorted(conflicting))]


def touched(plan: MigPlan) -> set[tuple[base.Ref, str]]:
    """Clusters and namespaces that a plan reads or writes."""
    mappings = parsed_mappings(plan)
    source = {(ref, mapping.source) for ref in _refs(plan.spec.src_mig_cluster_ref) for mapping in mappings}
    return source | {(ref, mapping.target) for ref in _refs(plan.spec.dest_mig_cluster_ref) for mapping in mappings}


def _refs(reference: common.ObjectReference | None) -> list[base.Ref]:
    return [reference.ref] if reference is not None and reference.is_set else []


CHECK = checks.Check(order=70, types=(_TYPE,), run=_run)
