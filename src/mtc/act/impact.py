"""What a run will do to the application, said before it begins: what is stopped where, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mtc.act import estimates
from mtc.act.plans import Meant
from mtc.api.migration.migplan import MigPlan
from mtc.errors import MtcError
from mtc.kube import resources
from mtc.look.sites import Site, Sites
from mtc.migration.quiesce import selection, work


@dataclass(frozen=True)
class Impact:
    """What will be stopped.

    Attributes:
        source, target: the clusters, by their MigClusters.
        stopped: workloads that will be stopped, as `Kind namespace/name`.
        still: workloads that stand still already.
        estimate: how long it takes, None where nobody knows.
        unseen: why the source could not be looked at; "" where it was.
    """

    source: str
    target: str
    stopped: Sequence[str] = ()
    still: Sequence[str] = ()
    estimate: estimates.Estimate | None = None
    unseen: str = field(default="")


async def of(sites: Sites, meant: Meant, *, quiesce: bool) -> Impact:
    """The impact of a run of a plan.

    Args:
        sites: the clusters.
        meant: the plan.
        quiesce: whether the run stops the application.
    """
    plan = meant.plan
    source, target = _name(plan, "src_mig_cluster_ref"), _name(plan, "dest_mig_cluster_ref")
    if not quiesce:
        return Impact(source, target)
    estimate = estimates.downtime(meant.runs)
    site = sites.find(source)
    if site is None:
        return Impact(source, target, estimate=estimate, unseen=f"There is no way into cluster {source}.")
    others = MigPlan.readable(await sites.host.client.list_all(resources.MIG_PLANS, namespace=plan.namespace))
    try:
        stopped, still = await _workloads(site, plan, others)
    except MtcError as error:
        return Impact(source, target, estimate=estimate, unseen=str(error))
    return Impact(source, target, stopped, still, estimate)


async def _workloads(site: Site, plan: MigPlan, others: Sequence[MigPlan]) -> tuple[list[str], list[str]]:
    meant = selection.in_source(plan, others)
    pairs = await work.listed(site.client, meant)
    return (
        work.describe(item for workload, item in pairs if workload.stop(item) is not None),
        work.describe(item for workload, item in pairs if workload.is_stopped(item)),
    )


def _name(plan: MigPlan, field_name: str) -> str:
    reference = getattr(plan.spec, field_name)
    return str(reference.name) if reference else ""
