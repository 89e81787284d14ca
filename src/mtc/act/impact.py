"""What a run will do to the application, said before it begins: what is stopped where, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mtc.act import estimates, within
from mtc.act.plans import Meant
from mtc.api.migration.migmigration import MigMigration, MigMigrationSpec
from mtc.api.migration.migplan import MigPlan
from mtc.errors import MtcError
from mtc.kube import resources
from mtc.look.sites import Site, Sites
from mtc.migration.quiesce import selection, work
from mtc.migration.quiesce.selection import Selection


@dataclass(frozen=True)
class Impact:
    """What will be stopped.

    Attributes:
        source, target: the clusters, by their MigClusters.
        stopped: workloads that will be stopped, as `Kind namespace/name`.
        still: workloads that stand still already.
        estimate: how long it takes, None where nobody knows.
        unseen: why the source could not be looked at; "" where it was.
        fills_again: whether an earlier run has brought the state already, which this one replaces.
    """

    source: str
    target: str
    stopped: Sequence[str] = ()
    still: Sequence[str] = ()
    estimate: estimates.Estimate | None = None
    unseen: str = ""
    fills_again: bool = False


async def of(sites: Sites, meant: Meant, spec: MigMigrationSpec) -> Impact:
    """The impact of a run of a plan.

    Args:
        sites: the clusters.
        meant: the plan.
        spec: what the run is asked for.
    """
    plan = meant.plan
    source, target = _name(plan, "src_mig_cluster_ref"), _name(plan, "dest_mig_cluster_ref")
    found = Impact(source, target, fills_again=bool(spec.migrate_state) and _has_brought_state(meant.tried))
    if not spec.quiesce_pods:
        return found
    found = replace(found, estimate=estimates.downtime(meant.runs))
    site = sites.find(source)
    if site is None:
        return replace(found, unseen=f"There is no way into cluster {source}.")
    host = sites.host.client
    others = MigPlan.readable(await host.list_all(resources.MIG_PLANS, namespace=plan.namespace))
    one_cluster = await within.is_one_cluster(host, plan)
    try:
        converts = within.converts(plan, spec, one_cluster=one_cluster)
        stopped, still = await _workloads(site, selected(plan, others, converts=converts))
    except MtcError as error:
        return replace(found, unseen=str(error))
    return replace(found, stopped=stopped, still=still)


def _has_brought_state(runs: Sequence[MigMigration]) -> bool:
    """Whether some run may have filled volumes since the last one that took everything back."""
    for run in reversed(runs):
        if run.spec.rollback and run.has_succeeded:
            return False
        if run.spec.migrate_state:
            return True
    return False


def selected(plan: MigPlan, others: Sequence[MigPlan], *, converts: bool) -> Selection:
    """What a run stops in the source; where it converts storage, only what uses it. Pure.

    Args:
        plan: its plan.
        others: all plans of the host cluster.
        converts: whether it converts storage.
    """
    meant = selection.in_source(plan, others)
    return meant.only_users() if converts else meant


async def _workloads(site: Site, meant: Selection) -> tuple[list[str], list[str]]:
    pairs = await work.listed(site.client, meant)
    return (
        work.describe(item for workload, item in pairs if workload.stop(item) is not None),
        work.describe(item for workload, item in pairs if workload.is_stopped(item)),
    )


def _name(plan: MigPlan, field_name: str) -> str:
    reference = getattr(plan.spec, field_name)
    return str(reference.name) if reference else ""
