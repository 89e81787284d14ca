"""A namespace of the plan does not exist on the source, or is being deleted there."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Evidence, Finding, Rule, Thing
from mtc.words import N_, _

_GONE = re.compile(r"[Nn]amespace \S+ .*?(?:does not exist|is being deleted|was deleted|is gone)|namespaces \"[^\"]+\" not found")


def _find(case: Case) -> Iterable[Finding]:
    if not case.source or (case.migration and _has_moved(case)):
        return
    # An archive may have none of them.
    known = case.snapshot.knows(case.source, "Namespace") and bool(case.snapshot.all(case.source, "Namespace"))
    for name in sorted(case.namespaces.get(case.source, ())):
        item = case.snapshot.find(case.source, "Namespace", name)
        going = item is not None and bool(item["metadata"].get("deletionTimestamp"))
        if not known or (item is not None and not going):
            continue
        gone = Thing("Namespace", "", name, case.source)
        state = _("is being deleted") if going else _("does not exist")
        hits = [hit for hit in said.search(case, _GONE) if name in hit.saying.text]
        yield from finding.one(
            _("Namespace {name} {state} on source cluster {cluster}, so there is nothing to migrate in it.").format(
                name=name, state=state, cluster=case.source
            ),
            [gone],
            [Evidence(gone, "namespaces", state), *said.evidence(hits)],
            [
                finding.on(case.source, f"kubectl get namespace {name}"),
                _("bring the application back, or take {name} out of spec.namespaces of the plan").format(name=name),
                *again.migrate(case),
            ],
        )


def _has_moved(case: Case) -> bool:
    found = {item.get("type") for item in (case.migration.status.get("conditions") or ())} if case.migration else set()
    return "Succeeded" in found


RULE = Rule(
    "namespace-gone",
    finding.CLUSTER + 5,
    N_("the plan's namespaces on the source"),
    N_("one of them does not exist or is being deleted"),
    _find,
)
