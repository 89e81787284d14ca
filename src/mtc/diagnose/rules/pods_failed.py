"""Pods were evicted or ended by their node, or cannot be set up there."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, starting
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_ENDED = re.compile(
    r"Evicted|was low on resource|Preempted|Preempting|NodeLost|NodeShutdown|imminent node shutdown|DeadlineExceeded|UnexpectedAdmissionError|"
    r"OutOf(?:cpu|memory|pods)|NodeAffinity|NodePorts|FailedCreatePodSandBox|[Ff]ailed to create pod sandbox"
)


def _find(case: Case) -> Iterable[Finding]:
    return starting.explain(
        case,
        _ENDED,
        lambda hits: _("{pods} was ended or refused by its node.").format(pods=starting.names(hits)),
        lambda hits: [
            starting.describe(hits),
            _(
                "for evictions: free disk or memory on the node, then delete the failed pod; for its sandbox: look at network and runtime of the node"
            ),
        ],
    )


RULE = Rule(
    "pods-failed",
    finding.APPLICATION + 5,
    N_("status and events of pods that do not run"),
    N_("a pod was evicted, ended or refused by its node, or its sandbox cannot be made"),
    _find,
)
