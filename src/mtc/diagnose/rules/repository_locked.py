"""Somebody else holds the restic repository."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, copying, finding
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_LOCKED = re.compile(r"locked it|already locked|unable to create lock|repository is locked|RepositoryLocked")


def _find(case: Case) -> Iterable[Finding]:
    return copying.explain(
        case,
        _LOCKED,
        _("The restic repository of the volume is locked: another restic works on it, or one that was killed left its lock behind."),
        [
            _("see who works on it: `mtc get pvb`, and `restic list locks` with the repository that the message names"),
            _("when nobody does any more: `restic unlock`, which removes locks that are older than half an hour or of dead processes"),
            *again.migrate(case),
        ],
    )


RULE = Rule(
    "repository-locked",
    finding.VOLUME,
    N_("messages of volume copies and repositories"),
    N_("restic finds a lock of another process"),
    _find,
)
