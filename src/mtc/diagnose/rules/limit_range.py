"""A LimitRange of the namespace refuses pods or claims."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said, starting
from mtc.diagnose.case import Case, Placed
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_LIMITS = re.compile(
    r"(?:maximum|minimum) (?P<what>cpu|memory|storage|ephemeral-storage|[\w./-]+) usage per (?P<per>\w+) is (?P<limit>[\w.]+)|max limit to request ratio per"
)


def _find(case: Case) -> Iterable[Finding]:
    hits = said.search(case, _LIMITS)
    if not hits:
        return
    things = said.things(hits)
    first, space = things[0], said.space_of(things[0])
    ranges = [finding.thing(Placed(first.cluster, item)) for item in case.snapshot.all(first.cluster, "LimitRange", namespace=space)]
    yield from finding.one(
        _("A LimitRange of namespace {space} on cluster {cluster} refuses {things}.").format(
            space=space, cluster=first.cluster, things=finding.listed(things)
        ),
        [*ranges, *things],
        said.evidence(hits),
        [
            finding.on(first.cluster, f"kubectl -n {space} describe limitrange"),
            _("widen the limit there, or change requests and limits of the workload"),
        ],
        weight=starting.weight_of(case, hits[0].saying),
    )


RULE = Rule(
    "limit-range",
    finding.APPLICATION,
    N_("results of Restores, events of workloads without pods"),
    N_("something asks for more or less than a LimitRange permits"),
    _find,
)
