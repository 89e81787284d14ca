"""The bucket holds something else, or is read-only for us."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, storage
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_FOREIGN = re.compile(
    r"holds folders that are not of a backup location|invalid top-level directories|is ReadOnly|read-only mode|already has a backup named"
)


def _find(case: Case) -> Iterable[Finding]:
    return storage.explain(
        case,
        _FOREIGN,
        _("The location cannot take backups: the bucket belongs to something else, has a backup of this name, or is set to be read only."),
        [
            _("see what it says: `mtc get bsl -o yaml`"),
            _("use another bucket, or a prefix of its own, in the MigStorage or BackupStorageLocation; set accessMode to ReadWrite"),
        ],
    )


RULE = Rule(
    "bucket-foreign",
    finding.STORAGE + 6,
    N_("what is said about the bucket"),
    N_("it holds foreign folders or a backup of the same name, or its location is ReadOnly"),
    _find,
)
