"""Another plan, or another migration, is in the way."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_CLOSED = "condition PlanClosed"
_WAITS = frozenset({"condition PlanConflict", "condition Postponed", "condition HasFinalMigration", _CLOSED})


def _find(case: Case) -> Iterable[Finding]:
    hits = said.search(case, re.compile(""), where=lambda saying: saying.source in _WAITS)
    if hits and all(hit.saying.source == _CLOSED for hit in hits):
        # It cannot be opened again, and nothing of it can be rolled back.
        steps = [
            *(
                again.closed(case)
                or [
                    _(
                        "make another plan for the application: `mtc plan create`; a closed one is not opened again, nor can it be rolled back"
                    )
                ]
            ),
            _("a run that is open is stopped with `mtc cancel {name}`, which starts again what it has stopped in the source").format(
                name=case.name
            ),
        ]
    else:
        steps = [
            _("see what there is: `mtc get migplan` and `mtc get migmigration`"),
            _("wait for it, roll it back, or delete it; plans must not share namespaces, and a plan moves an application once"),
        ]
    yield from finding.one(
        _("Another plan or migration is in the way: {words}").format(words=hits[0].saying.text if hits else ""),
        [finding.thing(hit.saying.placed) for hit in hits],
        said.evidence(hits),
        steps,
    )


RULE = Rule(
    "plan-conflict",
    finding.DECLARATION,
    N_("conditions PlanConflict, Postponed, HasFinalMigration and PlanClosed"),
    N_("one of them is there"),
    _find,
)
