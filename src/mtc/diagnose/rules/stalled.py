"""The migration waits, and says for what."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_SOURCES = frozenset({"condition Stalled", "condition ReconcileFailed"})


def _find(case: Case) -> Iterable[Finding]:
    hits = said.search(
        case, re.compile(""), where=lambda saying: saying.source in _SOURCES and saying.placed.kind in {"MigMigration", "MigPlan"}
    )
    run = case.migration
    yield from finding.one(
        _("The migration stands in phase {phase} and waits: {words}").format(
            phase=run.phase if run else "?", words=hits[0].saying.text if hits else ""
        ),
        said.things(hits),
        said.evidence(hits),
        [
            _("see what moves: `mtc tree {name}` and `mtc logs {name} --since 10m`").format(name=run.name if run else case.subject.name),
            _("it goes on by itself as soon as it can; it can be canceled by setting spec.canceled to true"),
        ],
    )


RULE = Rule("stalled", finding.COURSE, N_("conditions Stalled and ReconcileFailed"), N_("the migration waits longer than is usual"), _find)
