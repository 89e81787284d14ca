"""Whether a plan needs a rollback, because of what, and what a rollback is going to delete.

The rule is the documentation's: an application that a failed migration stopped has to be rolled back, so that its data are not corrupted;
one that was not stopped still runs in the source and needs nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mtc.act import converted, within
from mtc.act.converted import Converted
from mtc.act.plans import Meant
from mtc.api import names
from mtc.api.migration.migmigration import MigMigration, MigMigrationSpec
from mtc.errors import MtcError
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.look.sites import Sites
from mtc.migration import advice, migrated
from mtc.migration.quiesce import selection, work
from mtc.migration.quiesce.workload import annotations
from mtc.migration.scope import COMPLETED

REQUIRED, NOT_REQUIRED, DONE = advice.REQUIRED, advice.NOT_REQUIRED, advice.DONE
#: The run that would have to be rolled back is still at work.
RUNNING = "running"
#: No run has touched the application.
NOTHING = "nothing"
_CLAIM = resources.PERSISTENT_VOLUME_CLAIMS.kind


@dataclass(frozen=True)
class Statement:
    """What is to be said before a rollback.

    Attributes:
        state: required, not-required, done, running or nothing.
        run: name of the run that it is about, "" without one.
        because: what the run says about it.
        stopped: workloads that stand still in the source because of this plan, as `Kind namespace/name`.
        doomed: how many objects of which kind are in the target because of this plan, and will be deleted.
        unseen: sentences about what could not be looked at.
        converted: the conversion of storage that is taken back; None for plans that convert none.
    """

    state: str
    run: str
    because: str
    stopped: Sequence[str]
    doomed: Mapping[str, int]
    unseen: Sequence[str]
    converted: Converted | None = None


async def state(sites: Sites, meant: Meant) -> Statement:
    """The statement for a plan, about the run that was named or the last one that was no stage run.

    Args:
        sites: the clusters.
        meant: the plan.
    """
    unseen: list[str] = []
    one_cluster = await within.is_one_cluster(sites.host.client, meant.plan)
    stopped = await stopped_by(sites, meant, unseen)
    doomed = await _doomed(sites, meant, unseen)
    taken = None
    if within.converts(meant.plan, MigMigrationSpec(rollback=True), one_cluster=one_cluster):
        taken = await converted.of(sites, meant.plan, doomed, unseen)
        # The claims are named there, where they could be looked at.
        doomed = [item for item in doomed if taken is None or item["kind"] != _CLAIM]
    run = subject(meant)
    word, because = _said(run, stopped, has_unseen=bool(unseen))
    if one_cluster and run is not None and _is_back_to_source(run):
        because = ""
    counts = dict(sorted(Counter(item["kind"] for item in doomed).items()))
    return Statement(word, run.name if run else "", because, stopped, counts, unseen, taken)


def _is_back_to_source(run: MigMigration) -> bool:
    """Whether what a run says of a rollback is that it takes the application back to the source, which means nothing inside one cluster."""
    return run.has_succeeded and run.spec.quiesce_pods and not run.spec.rollback


def subject(meant: Meant) -> MigMigration | None:
    """The run whose rollback is meant."""
    if meant.named is not None and not meant.named.is_dry_run:
        return meant.named
    tried = meant.tried
    return next((run for run in reversed(tried) if not run.spec.stage), tried[-1] if tried else None)


def _said(run: MigMigration | None, stopped: Sequence[str], *, has_unseen: bool) -> tuple[str, str]:
    if run is None:
        return NOTHING, ""
    if run.status.phase != COMPLETED:
        return RUNNING, ""
    if (told := run.status.rollback) is not None and told.state:
        # What the run said at its end holds until somebody starts the workloads again; what is seen now is newer.
        is_mended = told.state == REQUIRED and told.workloads and not stopped and not has_unseen
        return (NOT_REQUIRED, "") if is_mended else (told.state, told.message)
    return (REQUIRED, "") if stopped else (NOT_REQUIRED, "")


def owing(meant: Meant) -> MigMigration | None:
    """The last run that has ended and says something about a rollback; None where there is none, or where it succeeded."""
    ended = [run for run in meant.tried if run.status.phase == COMPLETED]
    run = next((run for run in reversed(ended) if not run.spec.stage or _asks(run)), None)
    return None if run is None or (run.has_succeeded and not _asks(run)) else run


def is_owed(run: MigMigration, stopped: Sequence[str], *, has_unseen: bool) -> bool:
    """Whether a rollback is needed after a run that has ended."""
    return _said(run, stopped, has_unseen=has_unseen)[0] == REQUIRED


def _asks(run: MigMigration) -> bool:
    return run.status.rollback is not None and run.status.rollback.state == REQUIRED


async def stopped_by(sites: Sites, meant: Meant, unseen: list[str]) -> list[str]:
    """The workloads that carry the mark of this plan in the source; why they cannot be seen is added to `unseen`."""
    plan = meant.plan
    reference = plan.spec.src_mig_cluster_ref
    site = sites.find(reference.name or "") if reference else None
    if site is None:
        unseen.append(f"There is no way into source cluster {reference.name if reference else '(none)'}.")
        return []
    everything = selection.Selection(selection.in_source(plan, []).claims, frozenset())
    try:
        found = await work.stopped(site.client, everything)
    except MtcError as error:
        unseen.append(str(error))
        return []
    return work.describe(item for item in found if annotations(item).get(names.QUIESCED_BY, plan.uid).partition(".")[0] == plan.uid)


async def _doomed(sites: Sites, meant: Meant, unseen: list[str]) -> list[Object]:
    plan = meant.plan
    reference = plan.spec.dest_mig_cluster_ref
    site = sites.find(reference.name or "") if reference else None
    if site is None:
        unseen.append(f"There is no way into target cluster {reference.name if reference else '(none)'}.")
        return []
    targets = [mapping.target for mapping in plan.namespace_mappings]
    try:
        found = await migrated.search(site.client, targets, f"{names.MIGRATED_BY_MIGPLAN}={plan.uid}")
    except MtcError as error:
        unseen.append(str(error))
        return []
    unseen += found.unseen
    return found.all
