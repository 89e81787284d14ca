"""No node takes a pod: taints, selectors and affinity, or too little room."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said, starting
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.diagnose.said import Hit
from mtc.words import N_, _

_UNPLACED = re.compile(
    r"(?P<taint>untolerated taint(?:\(s\))? ?\{?[^}.;]*\}?|had taint)|(?P<selector>didn't match Pod's node affinity/selector|node\(s\) didn't match[^,.;]*|"
    r"pod affinity[^,.;]*|topology spread)|(?P<room>Insufficient [a-z./-]+|Too many pods)|(?P<cordoned>were unschedulable)|(?P<port>free ports)"
)


def _find(case: Case) -> Iterable[Finding]:
    hits = [
        hit for hit in starting.search(case, _UNPLACED) if "PodScheduled" in hit.saying.source or "FailedScheduling" in hit.saying.source
    ]
    hits = [hit for hit in hits if "unbound immediate" not in hit.saying.text]
    for kind in ("taint", "selector", "room", "cordoned", "port"):
        these = [hit for hit in hits if hit.match.lastgroup == kind]
        if these:
            yield from finding.one(
                _cause(kind, these),
                [finding.thing(hit.saying.placed) for hit in these],
                said.evidence(these),
                [starting.describe(these), *_steps(kind)],
                weight=starting.weight(case, these),
            )


def _cause(kind: str, hits: list[Hit]) -> str:
    texts = {
        "taint": _("No node takes {pods}: its taints are not tolerated ({why})."),
        "selector": _("No node takes {pods}: none matches its node selector or affinity ({why})."),
        "room": _("No node takes {pods}: none has room for it ({why})."),
        "cordoned": _("No node takes {pods}: the nodes are closed for new pods ({why})."),
        "port": _("No node takes {pods}: the port that it wants of the host is in use ({why})."),
    }
    return texts[kind].format(pods=starting.names(hits), why=hits[0].match[0].strip())


def _steps(kind: str) -> list[str]:
    match kind:
        case "taint":
            return [_("remove the taint (`kubectl taint nodes NODE KEY-`), or give the workload a toleration for it")]
        case "selector":
            return [
                _(
                    "label a node as the pod wants it (`kubectl label node NODE KEY=VALUE`), or correct nodeSelector and affinity of the workload"
                )
            ]
        case "room":
            return [
                _("add nodes, stop other work, or lower the requests of the workload; see `kubectl describe nodes`, Allocated resources")
            ]
        case "cordoned":
            return [_("open the nodes again: `kubectl uncordon NODE`")]
        case _:
            return [_("stop what uses the port, or take hostPort out of the workload")]


RULE = Rule(
    "pods-unschedulable",
    finding.APPLICATION + 1,
    N_("pods that wait, and the scheduler's words"),
    N_("a taint, a selector, affinity, a port, or a lack of room keeps a pod from every node"),
    _find,
)
