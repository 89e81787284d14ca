"""A service account does not exist."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said, starting
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.words import N_, _

_MISSING = re.compile(
    r"serviceaccounts? \"(?P<name>[^\"]+)\" not found|error looking up service account (?P<space>[^/\s]+)/(?P<other>[^:\s]+)|"
    r"ServiceAccount (?P<place>[a-z0-9-]+)/(?P<account>[a-z0-9.-]+),? (?:as which .*|.*)does not exist",
    re.IGNORECASE,
)


def _find(case: Case) -> Iterable[Finding]:
    hits = said.search(case, _MISSING)
    if not hits:
        return
    first = hits[0]
    placed, found = first.saying.placed, said.things(hits)
    name = first.part("name") or first.part("other") or first.part("account")
    space = first.part("space") or first.part("place") or (found[0].namespace if found else placed.namespace)
    named = re.search(r"on cluster ([a-z0-9.-]*[a-z0-9])", first.saying.text)
    cluster = named[1] if named else placed.cluster
    lacks = Thing("ServiceAccount", space, name, cluster)
    yield from finding.one(
        _("{account} does not exist on cluster {cluster}, so pods that run as it are not made.").format(account=lacks.ref, cluster=cluster),
        [lacks, *found],
        said.evidence(hits),
        [
            finding.on(cluster, f"kubectl -n {space} create serviceaccount {name}"),
            _("bind the roles to it that it has on the source; pods are made by themselves then"),
        ],
        weight=starting.weight_of(case, hits[0].saying),
    )


RULE = Rule(
    "service-account-missing",
    finding.APPLICATION - 1,
    N_("events of workloads without pods, errors of hooks and Restores"),
    N_("a service account that is named does not exist"),
    _find,
)
