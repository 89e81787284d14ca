"""How it goes on once a cause is removed: what a plan and its migration still permit."""

from mtc.api import conditions
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
