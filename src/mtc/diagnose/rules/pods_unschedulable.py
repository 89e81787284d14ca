"""No node takes a pod: taints, selectors and affinity, or too little room."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said, scheduling, starting
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_UNPLACED = re.compile(r"nodes are available: ")


def _find(case: Case) -> Iterable[Finding]:
    told = [
        (hit, reason)
        for hit in starting.search(case, _UNPLACED)
        if ("PodScheduled" in hit.saying.source or "FailedScheduling" in hit.saying.source)
        and (reason := scheduling.main(hit.saying.text)) is not None
    ]
    for kind, cause in _CAUSES.items():
        these = [(hit, reason) for hit, reason in told if reason.kind == kind]
        if these:
            hits = [hit for hit, _reason in these]
            yield from finding.one(
                _(cause).format(pods=starting.names(hits), why=these[0][1].what),
                [finding.thing(hit.saying.placed) for hit in hits],
                said.evidence(hits),
                [starting.describe(hits), *_steps(kind, hits[0].saying.placed.cluster)],
                weight=starting.weight(case, hits),
            )


#: That a volume keeps nodes away is a cause of its own.
_CAUSES = {
    scheduling.TAINT: N_("No node takes {pods}: its taints are not tolerated ({why})."),
    scheduling.CONTROL_PLANE: N_("No node takes {pods}: all nodes are of the control plane, which takes no applications ({why})."),
    scheduling.SELECTOR: N_("No node takes {pods}: none matches its node selector or affinity ({why})."),
    scheduling.ROOM: N_("No node takes {pods}: none has room for it ({why})."),
    scheduling.CORDONED: N_("No node takes {pods}: the nodes are closed for new pods ({why})."),
    scheduling.UNWELL: N_("No node takes {pods}: the nodes are not well, and are kept free for that ({why})."),
    scheduling.PORT: N_("No node takes {pods}: the port that it wants of the host is in use ({why})."),
    scheduling.OTHER: N_("No node takes {pods}: {why}."),
}


def _steps(kind: str, cluster: str) -> list[str]:
    if kind == scheduling.UNWELL:
        repair = _("repair the node as its conditions say (kubelet, disk, memory, network); the taint then goes by itself")
        return [finding.on(cluster, "kubectl describe nodes"), repair]
    return [_(_STEPS[kind])] if kind in _STEPS else []


_STEPS = {
    scheduling.TAINT: N_("remove the taint (`kubectl taint nodes NODE KEY-`), or give the workload a toleration for it"),
    scheduling.CONTROL_PLANE: N_("remove the taint (`kubectl taint nodes NODE KEY-`), or give the workload a toleration for it"),
    scheduling.SELECTOR: N_(
        "label a node as the pod wants it (`kubectl label node NODE KEY=VALUE`), or correct nodeSelector and affinity of the workload"
    ),
    scheduling.ROOM: N_(
        "add nodes, stop other work, or lower the requests of the workload; see `kubectl describe nodes`, Allocated resources"
    ),
    scheduling.CORDONED: N_("open the nodes again: `kubectl uncordon NODE`"),
    scheduling.PORT: N_("stop what uses the port, or take hostPort out of the workload"),
}


RULE = Rule(
    "pods-unschedulable",
    finding.APPLICATION + 1,
    N_("pods that wait, and the scheduler's words"),
    N_("a taint, a selector, affinity, a port, a lack of room or the state of the nodes keeps a pod from every node"),
    _find,
)
