"""A namespace is not on the target while things are to be made in it."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, finding, objects, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.words import N_, _

_MISSING = re.compile(r"namespaces \"(?P<name>[^\"]+)\" not found")


def _find(case: Case) -> Iterable[Finding]:
    hits = [hit for hit in objects.search(case, _MISSING) if hit.saying.placed.cluster != case.source or case.source == case.target]
    found = {hit.part("name"): hit for hit in hits}
    for name in found:
        these = [hit for hit in hits if hit.part("name") == name]
        cluster = case.target or these[0].saying.placed.cluster
        gone = Thing("Namespace", "", name, cluster)
        yield from finding.one(
            _(
                "Namespace {name} is not on cluster {cluster}, so nothing can be made in it: it was deleted while the restore ran, or could not be made."
            ).format(name=name, cluster=cluster),
            [gone, *said.things(these)],
            said.evidence(these),
            [
                finding.on(cluster, f"kubectl get namespace {name}"),
                _("see who deletes it (a controller, a policy, a script): it is made anew when you migrate again"),
                *again.migrate(case),
            ],
        )


RULE = Rule(
    "namespace-missing",
    finding.APPLICATION - 4,
    N_("results of Restores and errors of the migration"),
    N_("the target answers that a namespace in which something is made does not exist"),
    _find,
)
