"""A pod must not run as root, and its image would."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said, starting
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_ROOT = re.compile(
    r"container has runAsNonRoot and image (?:will run as root|has non-numeric user \((?P<user>[^)]*)\))|runAsUser breaks non-root policy"
)


def _find(case: Case) -> Iterable[Finding]:
    hits = starting.search(case, _ROOT)
    if not hits:
        return
    user = hits[0].part("user")
    why = _("its image names user {user}, of whom nobody knows the number").format(user=user) if user else _("its image runs as root")
    yield from finding.one(
        _("{pods} cannot start: its securityContext has runAsNonRoot, and {why}.").format(pods=starting.names(hits), why=why),
        said.things(hits),
        said.evidence(hits),
        [
            starting.describe(hits),
            _("set runAsUser to a number other than 0 in the securityContext of the workload, or take runAsNonRoot out of it"),
            _("on OpenShift the number comes from the namespace: compare annotation openshift.io/sa.scc.uid-range of source and target"),
        ],
        weight=starting.weight(case, hits),
    )


RULE = Rule(
    "pods-root",
    finding.APPLICATION + 2,
    N_("containers that wait, and events of their pods"),
    N_("a container would run as root where its pod forbids that"),
    _find,
)
