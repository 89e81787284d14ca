"""A quota of the namespace leaves no room."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said, starting
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.words import N_, _

_EXCEEDED = re.compile(
    r"exceeded quota: (?P<quota>[^,\s]+)(?:, requested: (?P<asked>[^,]+(?:,[^,:]+=[^,]+)*))?|failed quota: (?P<other>[^:\s]+)"
)


def _find(case: Case) -> Iterable[Finding]:
    hits = said.search(case, _EXCEEDED)
    if not hits:
        return
    first = hits[0]
    quota = first.part("quota") or first.part("other")
    things = said.things(hits)
    space, cluster = things[0].namespace, things[0].cluster
    yield from finding.one(
        _("ResourceQuota {quota} leaves no room for {things} on cluster {cluster}.").format(
            quota=quota, things=finding.listed(things), cluster=cluster
        ),
        [Thing("ResourceQuota", space, quota, cluster), *things],
        said.evidence(hits),
        [
            finding.on(cluster, f"kubectl -n {space} describe quota {quota}"),
            _("raise the quota, free room in the namespace, or make the application smaller; what waits for it starts by itself"),
        ],
        weight=starting.weight_of(case, first.saying),
    )


RULE = Rule(
    "pods-quota",
    finding.APPLICATION,
    N_("messages, results, and events of what lacks pods"),
    N_("something was refused for a quota"),
    _find,
)
