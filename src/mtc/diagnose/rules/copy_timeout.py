"""The copy of volumes did not end within its time."""

import re
from collections.abc import Iterable

from mtc.diagnose import copying, finding
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_LATE = re.compile(
    r"did not end within|ran past its deadline|timed out waiting for|not all PodVolume\w+ .*in time|PodVolumeBackups? .*timed? ?out|timeout.*PodVolume",
    re.IGNORECASE,
)
_OTHER = re.compile(r"no answer|bucket .* did not|did not answer")


def _find(case: Case) -> Iterable[Finding]:
    return copying.explain(
        case,
        _LATE,
        _("The copy of volume data did not end within the time that it was given, so it was stopped."),
        [
            _("see how fast it was: `mtc tree {name}` and the progress of `mtc get pvb -o yaml`").format(name=case.subject.name),
            _("raise restic_timeout of the MigrationController (fsBackupTimeout of Velero), for instance to 3h30m"),
            _("stage first: what is in the bucket already is not copied again"),
        ],
        unless=_OTHER,
    )


RULE = Rule("copy-timeout", finding.VOLUME + 6, N_("errors of Backups, Restores and volume copies"), N_("a time limit ended a copy"), _find)
