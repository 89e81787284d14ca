"""The MigCluster of source or target does not exist any more, or the plan names none."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Evidence, Finding, Rule, Thing
from mtc.words import N_, _

_MISSING = re.compile(r"MigCluster [^ ]+ (?:does not exist|is gone|was deleted|was not found)")


def _find(case: Case) -> Iterable[Finding]:
    if case.plan is None or not case.snapshot.knows(case.snapshot.host, "MigCluster", case.snapshot.namespace):
        return
    hits = said.search(case, _MISSING)
    spec = case.plan.item.get("spec") or {}
    for key, role in (("srcMigClusterRef", _("source")), ("destMigClusterRef", _("target"))):
        name = str((spec.get(key) or {}).get("name") or "")
        if name and case.snapshot.find(case.snapshot.host, "MigCluster", name) is None:
            proof = Evidence(finding.thing(case.plan), f"spec.{key}", name)
            yield from finding.one(
                _("MigCluster {name}, the {role} of plan {plan}, does not exist.").format(name=name, role=role, plan=case.plan.name),
                [Thing("MigCluster", case.snapshot.namespace, name, case.snapshot.host)],
                [proof, *said.evidence(hits)],
                [
                    _("see which there are: `mtc get migcluster`"),
                    _(
                        "declare the cluster again under this name, or correct spec.{key} of the plan; migrations go on by themselves"
                    ).format(key=key),
                ],
            )


RULE = Rule(
    "cluster-undeclared",
    finding.CLUSTER + 2,
    N_("the plan's references and the MigClusters that there are"),
    N_("the MigCluster that the plan names as source or target does not exist"),
    _find,
)
