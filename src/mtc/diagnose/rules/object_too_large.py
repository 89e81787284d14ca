"""An object is larger than the target's API server or its database takes."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, objects
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_LARGE = re.compile(
    r"etcdserver: request is too large|(?i:request) entity too large|limit is 3145728|HTTP 413|trying to send message larger than max|"
    r"Too long: (?:must have|may not be more than|must be no more than|may not be longer than) (?:at most )?(?:262144|1048576)"
)


def _find(case: Case) -> Iterable[Finding]:
    return objects.explain(
        case,
        _LARGE,
        lambda _hits, about: _("{things} is too large for the target: an object may have 1.5 MB, and its annotations 256 kB.").format(
            things=finding.listed(about)
        ),
        lambda _hits, about: [
            _("see what makes it so large; often it is annotation kubectl.kubernetes.io/last-applied-configuration, which may be removed"),
            _("split the object on the source, or leave it out (spec.labelSelector, excluded kinds), and bring its content over by hand"),
            objects.look(about[0]),
        ],
    )


RULE = Rule(
    "object-too-large",
    finding.OBJECT,
    N_("results of Restores and errors of the migration"),
    N_("an object exceeds what an API server or etcd takes"),
    _find,
)
