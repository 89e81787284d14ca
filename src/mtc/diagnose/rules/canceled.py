"""Somebody canceled the migration."""

from collections.abc import Iterable

from mtc.api import conditions
from mtc.diagnose import again, finding
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Evidence, Finding, Rule
from mtc.words import N_, _


def _find(case: Case) -> Iterable[Finding]:
    run = case.migration
    if run is None:
        return
    for entry in conditions.readable(run.status):
        if entry.type in {conditions.CANCELED, conditions.CANCELING}:
            yield Finding(
                _("The migration was canceled: spec.canceled was set. That is no failure."),
                (finding.thing(run),),
                (Evidence(finding.thing(run), f"condition {entry.type}", entry.message),),
                tuple(_steps(case)),
            )


def _steps(case: Case) -> list[str]:
    if case.migration and conditions.has(conditions.readable(case.migration.status), conditions.LAST_COPIES_KEPT):
        return [_("copies were kept, because they are the last ones: see what is said of them below")]
    return again.closed(case) or [_("start another migration of the plan when it is wanted again")]


RULE = Rule("canceled", finding.CLUSTER - 5, N_("conditions Canceling and Canceled"), N_("somebody has canceled the migration"), _find)
