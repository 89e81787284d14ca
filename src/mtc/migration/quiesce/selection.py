"""Which workloads of a namespace are stopped: all, or, where plans share the namespace, those that use copied claims. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from mtc.api import names
from mtc.api.migration.migplan import Action, MigPlan, PlanPv
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration.quiesce.workload import Workload
from mtc.migration.volumes import workloads


@dataclass(frozen=True)
class Selection:
    """What is stopped where.

    Attributes:
        claims: by namespace, the names of the copied claims. A namespace that is missing is left alone.
        shared: namespaces in which only workloads that use one of the claims are meant.
    """

    claims: Mapping[str, frozenset[str]]
    shared: frozenset[str]

    @property
    def namespaces(self) -> list[str]:
        """The namespaces with something to stop."""
        return [name for name in self.claims if name not in self.shared or self.claims[name]]

    def only_users(self) -> "Selection":
        """Only what uses one of the claims, in every namespace: what a conversion of storage stops."""
        return replace(self, shared=frozenset(self.claims))

    def means(self, workload: Workload, item: Object) -> bool:
        """Whether an object of one of the namespaces is to be stopped, or was; the same rule both ways."""
        namespace = item["metadata"]["namespace"]
        if workload.kind == workloads.VIRTUAL_MACHINES:
            # As in MTC only those whose disks are copied; what was stopped is started whatever became of the plan since.
            return workload.is_stopped(item) or uses(workload, item, self.claims[namespace])
        return namespace not in self.shared or uses(workload, item, self.claims[namespace])


def in_source(plan: MigPlan, others: Iterable[MigPlan]) -> Selection:
    """What is stopped in the source.

    Args:
        plan: the plan of the migration.
        others: all other plans of the host cluster.
    """
    taken = {mapping.source for other in others if _competes(plan, other) for mapping in _mappings(other)}
    claims = {entry.source: frozenset(pv.pvc.mapping.source for pv in _copied(plan, entry.source)) for entry in plan.namespace_mappings}
    return Selection(claims, frozenset(taken & claims.keys()))


def in_target(plan: MigPlan, others: Iterable[MigPlan]) -> Selection:
    """The same workloads, as they are called in the target."""
    source = in_source(plan, others)
    claims: dict[str, frozenset[str]] = {}
    for entry in plan.namespace_mappings:
        moved = frozenset(pv.pvc.mapping.target for pv in _copied(plan, entry.source))
        claims[entry.target] = claims.get(entry.target, frozenset()) | moved
    shared = frozenset(entry.target for entry in plan.namespace_mappings if entry.source in source.shared)
    return Selection(claims, shared)


def uses(workload: Workload, item: Object, claims: frozenset[str]) -> bool:
    """Whether the pods of an object mount one of the claims, directly or through a claim template."""
    volumes = (workload.template(item).get("spec") or {}).get("volumes") or []
    mounted = {(volume.get("persistentVolumeClaim") or {}).get("claimName") for volume in volumes}
    if mounted & claims:
        return True
    if workload.kind == workloads.VIRTUAL_MACHINES:
        return bool(claims.intersection(workloads.claims_of(workload.kind, item)))
    return workload.kind == resources.STATEFUL_SETS and any(template_of(item, claim) for claim in claims)


def template_of(stateful_set: Object, claim: str) -> str | None:
    """The claim template of a StatefulSet that a claim was made from, None when it is not one of its claims."""
    for template in (stateful_set.get("spec") or {}).get("volumeClaimTemplates") or []:
        name: str = template["metadata"]["name"]
        if re.fullmatch(re.escape(f"{name}-{stateful_set['metadata']['name']}-") + "[0-9]+", claim):
            return name
    return None


def _competes(plan: MigPlan, other: MigPlan) -> bool:
    if other.uid == plan.uid or other.spec.closed:
        return False
    mine, theirs = plan.spec.src_mig_cluster_ref, other.spec.src_mig_cluster_ref
    return mine is not None and theirs is not None and mine.ref == theirs.ref


def _mappings(plan: MigPlan) -> list[names.NamespaceMapping]:
    try:
        return plan.namespace_mappings
    except names.InvalidMapping:
        return []  # such a plan cannot run, and its own conditions say so


def _copied(plan: MigPlan, namespace: str) -> list[PlanPv]:
    found = plan.spec.persistent_volumes
    return [pv for pv in found if pv.pvc.namespace == namespace and pv.selection.action == Action.COPY]
