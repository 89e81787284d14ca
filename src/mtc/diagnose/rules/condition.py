"""Conditions of the plan, its clusters, storage and hooks, and of the migration, in the words of the catalogue."""

from collections.abc import Iterable

from mtc.api import catalogue, conditions
from mtc.diagnose import finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Evidence, Finding, Rule
from mtc.words import N_, _

_ORDER = {conditions.CRITICAL: 0, conditions.ERROR: 1, conditions.WARN: 3}
#: They say that there is trouble, and other rules say which; or that it waits, which is told last.
_SUMMARIES = frozenset(
    {
        conditions.STALLED,
        conditions.PLAN_NOT_READY,
        conditions.RECONCILE_FAILED,
        conditions.CLUSTER_OPERATOR_VERSION_NOT_FOUND,
        conditions.OPERATOR_VERSION_MISMATCH,
        conditions.CLUSTER_VERSION_MISMATCH,
    }
)
_KIND_ORDER = {"MigCluster": 0, "MigStorage": 0, "MigHook": 0, "MigPlan": 1}


def _find(case: Case) -> Iterable[Finding]:
    for placed in (*said.declarations(case), *([case.migration] if case.migration else [])):
        for entry in said.loud(placed):
            if entry.type in _SUMMARIES or (entry.category == conditions.WARN and _went_well(case) and placed != case.migration):
                continue
            known = catalogue.find(placed.kind, entry.type, entry.reason, category=entry.category)
            meaning = (
                _(known.explanation)
                if known
                else _("{kind} {name} shows {type}.").format(kind=placed.kind, name=placed.name, type=entry.type)
            )
            weight = _ORDER.get(entry.category, 3) + _KIND_ORDER.get(placed.kind, 2) + (4 if entry.type.endswith("NotReady") else 0)
            yield Finding(
                f"{entry.type}: {meaning}",
                (finding.thing(placed),),
                (Evidence(finding.thing(placed), f"condition {entry.type} ({entry.category})", entry.message),),
                (*([_(known.remedy)] if known and known.remedy else []), f"`mtc describe {placed.kind.lower()} {placed.name}`"),
                weight=weight,
            )


def _went_well(case: Case) -> bool:
    """Whether the migration that is asked about is through: what the plan warns of did not stop it."""
    run = case.migration
    return run is not None and case.subject.kind != "MigPlan" and conditions.has(conditions.readable(run.status), conditions.SUCCEEDED)


RULE = Rule(
    "condition",
    finding.DECLARATION,
    N_("conditions of category Critical, Error and Warn of plan, clusters, storage, hooks and migration"),
    N_("one is there; the words are those of the catalogue of conditions"),
    _find,
)
