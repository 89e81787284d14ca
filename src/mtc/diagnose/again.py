"""How it goes on once a cause is removed: what a plan and its migration still permit."""

from mtc.api import conditions
from mtc.api.migration.migmigration import MigMigration
from mtc.diagnose.case import Case
from mtc.words import _


def has_failed(case: Case) -> bool:
    """Whether the migration has ended as failed: nothing that it lacked comes by itself any more."""
    return case.migration is not None and conditions.has(conditions.readable(case.migration.status), conditions.FAILED)


def retry(case: Case) -> list[str]:
    """The step that tries a failed migration again; none where that cannot be."""
    if case.plan is None or case.is_closed or not has_failed(case):
        return []
    return [_("then `mtc retry {plan}` goes on with what is there").format(plan=case.plan.name)]


def on(case: Case) -> list[str]:
    """The step after a cause is removed: what has not ended goes on by itself, what has failed is tried again."""
    if case.migration is not None and case.migration.phase != "Completed":
        return [_("then what waits goes on by itself")]
    return retry(case) or migrate(case)


def closed(case: Case) -> list[str]:
    """What to do in place of another migration of a closed plan; nothing where the plan is not closed."""
    if case.plan is None or not case.is_closed:
        return []
    return [
        _(
            "plan {plan} is closed: it is not opened again, and nothing of it is refreshed, tried again, migrated again or rolled back; "
            "make another plan: `mtc plan create`"
        ).format(plan=case.plan.name)
    ]


def migrate(case: Case) -> list[str]:
    """The step that migrates again, once a cause is removed; none where a closed plan starts no migration."""
    if case.is_closed:
        return []
    return done(case) or [_("then migrate again")]


def done(case: Case) -> list[str]:
    """What to do in place of another migration where a final one has succeeded, with warnings or without; nothing where none has."""
    run = final(case)
    if case.plan is None or not run or case.is_closed:
        return []
    return [
        _(
            "final migration {run} has been done, so plan {plan} starts no other one: make what is missing on the target by hand, "
            "or take the migration back with `mtc rollback {plan}`, and then migrate again with `mtc cutover {plan}`"
        ).format(run=run, plan=case.plan.name)
    ]


def final(case: Case) -> str:
    """The name of the final migration that keeps the plan from starting another one: it has succeeded and was not rolled back; "" without."""
    plan = case.plan.name if case.plan else ""
    for run in sorted(MigMigration.readable(case.snapshot.all(case.snapshot.host, "MigMigration")), key=lambda run: run.age, reverse=True):
        of = run.spec.mig_plan_ref
        # A dry run changes nothing, and so stands in the way of no other.
        if of is None or of.name != plan or run.is_dry_run or not run.has_succeeded or run.spec.stage or run.spec.migrate_state:
            continue
        return "" if run.spec.rollback else run.name
    return ""
