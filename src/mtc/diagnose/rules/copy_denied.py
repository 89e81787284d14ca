"""restic may not read or write files: NFS with root_squash, SELinux, or a node agent without privileges."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, copying, finding
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_DENIED = re.compile(r"permission denied|operation not permitted|read-only file system|EACCES|EPERM", re.IGNORECASE)
_STORE = re.compile(r"Access ?Denied|access is denied|Forbidden")


def _find(case: Case) -> Iterable[Finding]:
    return copying.explain(
        case,
        _DENIED,
        _("The node agent may not read or write some files of a volume: often NFS that squashes root, or a security policy of the node."),
        [
            _("for NFS: let a group own the files, with setgid, and set restic_supplemental_groups on source and target to it"),
            _("see whether the node agent is privileged: `kubectl -n {namespace} get ds node-agent -o yaml`").format(
                namespace=case.snapshot.namespace
            ),
            _("the files that the message names were not copied"),
            *again.migrate(case),
        ],
        unless=_STORE,
    )


RULE = Rule("copy-denied", finding.VOLUME + 4, N_("messages of volume copies"), N_("restic is refused a file by the file system"), _find)
