"""Something ended restic or its node agent: mostly the node for want of memory."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, copying, finding
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_KILLED = re.compile(
    r"ended it with signal|signal: killed|exit code 137|found a (?:podvolume\w+|pvb|pvr) with status \"?InProgress|was deleted while it ran|node agent .*restarted",
    re.IGNORECASE,
)


def _find(case: Case) -> Iterable[Finding]:
    return copying.explain(
        case,
        _KILLED,
        _("Something ended the copy of a volume from outside: mostly the node's kernel for want of memory, or somebody who deleted it."),
        [
            _("look for OOMKilled: `kubectl -n {namespace} describe pods -l role=node-agent` on that cluster").format(
                namespace=case.snapshot.namespace
            ),
            _("give the node agent more memory (limits of DaemonSet node-agent), or copy fewer volumes at a time"),
            *again.migrate(case),
        ],
    )


RULE = Rule(
    "copy-killed", finding.VOLUME + 5, N_("messages of volume copies"), N_("restic ended by a signal, or its object was deleted"), _find
)
