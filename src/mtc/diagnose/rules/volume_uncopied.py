"""Nobody copied a volume: of a kind that cannot be copied, of a pod that did not run, or without a pod that mounts it."""

import re
from collections.abc import Iterable

from mtc.diagnose import copying, finding
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_LEFT = re.compile(
    r"was not backed up: the engine made no|is a hostPath|block device without a file system|cannot be moved, because|are not copied: it is not running|"
    r"The folder of .* is not below|cannot be found: PersistentVolume|is not bound to a volume|did not arrive on cluster"
)


def _find(case: Case) -> Iterable[Finding]:
    return copying.explain(
        case,
        _LEFT,
        _("A volume of the plan was not copied: nothing could read its files."),
        [
            _("see what is with its pod and claim: `kubectl -n NAMESPACE get pods,pvc -o wide` on the source"),
            _("hostPath and block volumes cannot be copied with restic: choose skip, or another copy method, for them in the plan"),
            _("a claim must be bound, and a pod must mount it; the controller makes one when none runs"),
        ],
    )


RULE = Rule(
    "volume-uncopied",
    finding.VOLUME + 7,
    N_("errors of the migration, Backups and volume copies"),
    N_("a volume to copy was left out, or its files could not be found"),
    _find,
)
