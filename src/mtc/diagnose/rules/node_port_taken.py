"""A NodePort of a Service is taken on the target."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, finding, objects
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_TAKEN = re.compile(
    r"(?:nodePort: Invalid value: (?P<port>\d+): )?provided port is already allocated|nodePort: Invalid value: (?P<other>\d+): (?:provided port|port) is not in the valid range"
)


def _find(case: Case) -> Iterable[Finding]:
    return objects.explain(
        case,
        _TAKEN,
        lambda hits, about: _(
            "{things} wants node port {port}, which another Service of the target has, or which is out of its range."
        ).format(things=finding.listed(about), port=hits[0].part("port") or hits[0].part("other") or "?"),
        lambda hits, about: [
            finding.on(about[0].cluster, f"kubectl get svc -A | grep {hits[0].part('port') or hits[0].part('other') or 'NodePort'}"),
            _("free the port, or take nodePort out of the Service on the source so that the target chooses one"),
            *again.migrate(case),
        ],
    )


RULE = Rule(
    "node-port-taken",
    finding.OBJECT + 1,
    N_("results of Restores and errors of the migration"),
    N_("a node port is taken or out of range"),
    _find,
)
