"""Pods name a priority or a runtime that the cluster does not have."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said, starting
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.words import N_, _

_PRIORITY = re.compile(
    r"no PriorityClass with name (?P<name>\S+) was found|priorityclass(?:es)?(?:\.scheduling\.k8s\.io)? \"(?P<other>[^\"]+)\" not found"
)
_RUNTIME = re.compile(
    r"RuntimeClass \"(?P<name>[^\"]+)\" not found|runtimeclass(?:es)?(?:\.node\.k8s\.io)? \"(?P<other>[^\"]+)\" not found"
)
#: The class is there, and the node's container runtime does not know what it names.
_HANDLER = re.compile(
    r"no runtime for \"(?P<name>[^\"]+)\" is configured|runtime handler \"?(?P<other>[^\s\",]+)\"? not (?:found|supported)"
)


def _find(case: Case) -> Iterable[Finding]:
    for kind, pattern in (("PriorityClass", _PRIORITY), ("RuntimeClass", _RUNTIME), ("", _HANDLER)):
        hits = said.search(case, pattern)
        if not hits:
            continue
        things = said.things(hits)
        first, name = things[0], hits[0].part("name") or hits[0].part("other")
        lacks = [Thing(kind, "", name, first.cluster)] if kind else []
        cause = (
            _("{things} cannot be made: {kind} {name} does not exist on cluster {cluster}.")
            if kind
            else _("{things} cannot start: the node's container runtime of cluster {cluster} has no handler {name}.")
        )
        yield from finding.one(
            cause.format(things=finding.listed(things), kind=kind, name=name, cluster=first.cluster),
            [*lacks, *things],
            said.evidence(hits),
            [
                finding.on(first.cluster, f"kubectl get {(kind or 'RuntimeClass').lower()}"),
                _(
                    "make it there as it is on the source (objects of the whole cluster may be left out of a plan); pods then start by themselves"
                )
                if kind
                else _("configure the runtime on the nodes of the target, or take runtimeClassName out of the workload"),
            ],
            weight=starting.weight_of(case, hits[0].saying),
        )


RULE = Rule(
    "pods-class-missing",
    finding.APPLICATION - 1,
    N_("results of Restores, events of workloads without pods and of pods"),
    N_("a PriorityClass, a RuntimeClass or its handler does not exist"),
    _find,
)
