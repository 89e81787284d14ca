"""Another plan, or another migration, is in the way."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_WAITS = frozenset(f"condition {name}" for name in ("PlanConflict", "Postponed", "HasFinalMigration", "PlanClosed"))


def _find(case: Case) -> Iterable[Finding]:
    hits = said.search(case, re.compile(""), where=lambda saying: saying.source in _WAITS)
    yield from finding.one(
        _("Another plan or migration is in the way: {words}").format(words=hits[0].saying.text if hits else ""),
        [finding.thing(hit.saying.placed) for hit in hits],
        said.evidence(hits),
        [
            _("see what there is: `mtc get migplan` and `mtc get migmigration`"),
            _("wait for it, roll it back, or delete it; plans must not share namespaces, and a plan moves an application once"),
        ],
    )


RULE = Rule(
    "plan-conflict",
    finding.DECLARATION,
    N_("conditions PlanConflict, Postponed, HasFinalMigration and PlanClosed"),
    N_("one of them is there"),
    _find,
)
