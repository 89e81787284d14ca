"""What rules about pods that do not start share."""

import re
from collections.abc import Callable, Iterable

from mtc.diagnose import finding, pods, said
from mtc.diagnose.case import Case, Placed
from mtc.diagnose.finding import Evidence, Finding
from mtc.diagnose.said import Hit, Saying
from mtc.diagnose.snapshot import Container
from mtc.words import _

_WORKLOADS = frozenset({"Pod", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "PersistentVolumeClaim"})


def search(case: Case, pattern: re.Pattern[str]) -> list[Hit]:
    """What pods, their owners and claims say and matches."""
    return said.search(case, pattern, where=lambda saying: saying.placed.kind in _WORKLOADS)


def weight(case: Case, hits: Iterable[Hit]) -> int:
    """Of the pod that is needed most."""
    return min((pods.weight(case, hit.saying.placed) for hit in hits), default=0)


def weight_of(case: Case, saying: Saying) -> int:
    """Of who says something: nothing where it is no workload."""
    return pods.weight(case, saying.placed) if saying.placed.kind in _WORKLOADS else 0


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


def last_words(case: Case, pod: Placed, container: str) -> Iterable[Evidence]:
    """The last lines of a container's log, where they were read."""
    tail = [line for line in case.snapshot.tails.get(Container(pod.cluster, pod.namespace, pod.name, container), ()) if line.strip()]
    if tail:
        yield Evidence(finding.thing(pod), _("log of {container}").format(container=container), " | ".join(tail[-4:]))
    elif pods.is_ours(case, pod):
        own = [line.raw for line in case.snapshot.lines if line.pod == pod.name and line.fields is None]
        if own:
            yield Evidence(finding.thing(pod), _("log of {container}").format(container=container), " | ".join(own[-3:]))


def describe(hits: Iterable[Hit]) -> str:
    """The command that shows the first of them."""
    first = next(iter(said.things(hits)))
    return finding.on(first.cluster, f"kubectl -n {first.namespace} describe {first.kind.lower()} {first.name}")
