"""Pod security admission, or a security context constraint, refuses pods."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said, starting
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.words import N_, _

_REFUSED = re.compile(
    r"violates PodSecurity \"(?P<level>[^\"]+)\": (?P<why>.*?)(?: \(HTTP|$)|unable to validate against any security context constraint|(?P<old>PodSecurityPolicy: unable)"
)


def _find(case: Case) -> Iterable[Finding]:
    hits = said.search(case, _REFUSED)
    if not hits:
        return
    things = said.things(hits)
    first, space = things[0], said.space_of(things[0])
    level = hits[0].part("level").partition(":")[0] or _("its policy")
    yield from finding.one(
        _("Namespace {space} on cluster {cluster} refuses {things}: the pods ask for more than pod security level {level} allows.").format(
            space=space, cluster=first.cluster, things=finding.listed(things), level=level
        ),
        [*things, Thing("Namespace", "", space, first.cluster)],
        said.evidence(hits),
        [
            finding.on(first.cluster, f"kubectl label namespace {space} --overwrite pod-security.kubernetes.io/enforce=privileged"),
            _("or correct the securityContext of the workload as the message says; on OpenShift give its service account a fitting SCC"),
        ],
        weight=starting.weight_of(case, hits[0].saying),
    )


RULE = Rule(
    "pod-security",
    finding.APPLICATION,
    N_("results of Restores, events of workloads without pods"),
    N_("pods are refused by pod security admission or an SCC"),
    _find,
)
