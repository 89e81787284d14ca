"""What rules about pods that do not start share."""

import re
from collections.abc import Callable, Iterable

from mtc.diagnose import finding, pods, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding
from mtc.diagnose.said import Hit

_WORKLOADS = frozenset({"Pod", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "PersistentVolumeClaim"})


def search(case: Case, pattern: re.Pattern[str]) -> list[Hit]:
    """What pods, their owners and claims say and matches."""
    return said.search(case, pattern, where=lambda saying: saying.placed.kind in _WORKLOADS)


def weight(case: Case, hits: Iterable[Hit]) -> int:
    """Of the pod that is needed most."""
    return min((pods.weight(case, hit.saying.placed) for hit in hits), default=0)


def explain(
    case: Case, pattern: re.Pattern[str], cause: Callable[[list[Hit]], str], steps: Callable[[list[Hit]], Iterable[str]]
) -> Iterable[Finding]:
    """A finding for all pods, owners and claims whose words match."""
    hits = search(case, pattern)
    if hits:
        yield from finding.one(cause(hits), said.things(hits), said.evidence(hits), steps(hits), weight=weight(case, hits))


def names(hits: Iterable[Hit]) -> str:
    """The pods, owners and claims for a sentence, with their cluster."""
    found = said.things(hits)
    return f"{finding.listed(found)} @{found[0].cluster}" if found else ""


def describe(hits: Iterable[Hit]) -> str:
    """The command that shows the first of them."""
    first = next(iter(said.things(hits)))
    return finding.on(first.cluster, f"kubectl -n {first.namespace} describe {first.kind.lower()} {first.name}")
