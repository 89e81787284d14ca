"""Pods were evicted or ended by their node, or stay unready."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, starting
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_ENDED = re.compile(
    r"Evicted|was low on resource|Preempt|NodeLost|DeadlineExceeded|UnexpectedAdmissionError|OutOf(?:cpu|memory|pods)|NodeAffinity|[Rr]eadiness probe failed|[Ss]tartup probe failed|[Ll]iveness probe failed|FailedCreatePodSandBox"
)


def _find(case: Case) -> Iterable[Finding]:
    return starting.explain(
        case,
        _ENDED,
        lambda hits: _("{pods} was ended by its node, or does not become ready.").format(pods=starting.names(hits)),
        lambda hits: [
            starting.describe(hits),
            _("for evictions: free disk or memory on the node, then delete the failed pod; for probes: look at the log of the container"),
        ],
    )


RULE = Rule(
    "pods-failed",
    finding.APPLICATION + 5,
    N_("status and events of pods that do not run"),
    N_("a pod was evicted or refused by its node, or fails its probes"),
    _find,
)
