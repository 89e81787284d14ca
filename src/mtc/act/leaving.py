"""What forbids that a plan is closed or deleted: a run that is at work, and an application that only a rollback starts again.

A closed plan runs nothing any more, not even a rollback, and it cannot be opened again; a deleted one is gone with its runs.
"""

from mtc.act import errors, undo
from mtc.act.plans import Meant
from mtc.look.sites import Sites
from mtc.migration import validation
from mtc.migration.scope import COMPLETED

#: So many workloads are named; the rest is counted.
_SHOWN = 5


def check_idle(meant: Meant) -> None:
    """That no run of the plan is at work. Raises errors.NotPossible."""
    for run in meant.runs:
        if (run.status.itinerary and run.status.phase != COMPLETED) or validation.wants_another_try(run):
            msg = f"MigMigration {run.name} of plan {meant.plan.name} is at work. Wait for its end, or `mtc cancel {run.name}` first."
            raise errors.NotPossible(msg)


async def check_owed(sites: Sites, meant: Meant) -> None:
    """That no application stands still which a rollback of this plan would start again.

    Raises:
        errors.NotPossible: it does, or it cannot be seen whether it does; the message says how to go on.
    """
    run = undo.owing(meant)
    if run is None:
        return
    unseen: list[str] = []
    stopped = await undo.stopped_by(sites, meant, unseen)
    if not undo.is_owed(run, stopped, has_unseen=bool(unseen)):
        return
    reference = meant.plan.spec.src_mig_cluster_ref
    where = f"source cluster {reference.name if reference else '(none)'}"
    more = f" and {len(stopped) - _SHOWN} more" if len(stopped) > _SHOWN else ""
    what = f"on {where} stand still because of it: {', '.join(stopped[:_SHOWN])}{more}." if stopped else (
        f"whether workloads stand still on {where} is not known. {' '.join(unseen)}"
    )  # fmt: skip
    plan = meant.plan.name
    raise errors.NotPossible(
        f"Plan {plan} needs a rollback after MigMigration {run.name}; {what} A closed or deleted plan cannot be rolled back any more. "
        f"`mtc rollback {plan}` first; or start them by hand, or leave them, and give --without-rollback."
    )
