"""Plans inside one cluster: whether one is such a plan, and whether a run of it converts storage, by the controller's own rules."""

from mtc.api.migration.migcluster import MigCluster
from mtc.api.migration.migmigration import MigMigrationSpec
from mtc.api.migration.migplan import MigPlan
from mtc.kube import resources
from mtc.kube.client import Client
from mtc.migration import flags, parallel, sides


async def is_one_cluster(host: Client, plan: MigPlan) -> bool:
    """Whether source and target are one cluster: one MigCluster, or two that describe the same API server. Raises KubeError."""
    ends = plan.spec.src_mig_cluster_ref, plan.spec.dest_mig_cluster_ref
    refs = [reference.ref for reference in ends if reference is not None and reference.is_set]
    if len(refs) < len(ends):
        return False
    if refs[0] == refs[1]:
        return True
    found = await parallel.gather(host.find(resources.MIG_CLUSTERS, ref.name, namespace=ref.namespace) for ref in refs)
    described = MigCluster.readable([item for item in found if item is not None])
    return len(described) == len(refs) and sides.are_one(*described)


def converts(plan: MigPlan, spec: MigMigrationSpec, *, one_cluster: bool) -> bool:
    """Whether a run converts storage, or takes a conversion back. Pure.

    Args:
        plan: its plan.
        spec: what is asked for.
        one_cluster: whether source and target are one cluster.
    """
    return flags.of(spec=spec, plan=plan, found=(), one_cluster=one_cluster).converts
