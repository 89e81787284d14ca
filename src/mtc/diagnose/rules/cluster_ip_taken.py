"""The cluster IP of a Service is taken on the target, or not in its range."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, finding, objects
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_TAKEN = re.compile(
    r"clusterIPs?(?:\[0\])?: Invalid value: (?:\[?\]?string\{)?\"?(?P<ip>[0-9a-f.:]+).*?(?:already allocated|not in the valid range|not within|failed to allocate)|provided IP is (?:already allocated|not in)"
)


def _find(case: Case) -> Iterable[Finding]:
    return objects.explain(
        case,
        _TAKEN,
        lambda hits, about: _("{things} wants address {ip}, which another Service of the target has, or which is not in its range.").format(
            things=finding.listed(about), ip=hits[0].part("ip") or "?"
        ),
        lambda hits, about: [
            finding.on(about[0].cluster, f"kubectl get svc -A | grep {hits[0].part('ip') or 'ClusterIP'}"),
            _("take clusterIP and clusterIPs out of the Service on the source, so that the target chooses one"),
            *again.migrate(case),
        ],
    )


RULE = Rule(
    "cluster-ip-taken",
    finding.OBJECT + 1,
    N_("results of Restores and errors of the migration"),
    N_("the address of a Service is taken or not in the target's range"),
    _find,
)
