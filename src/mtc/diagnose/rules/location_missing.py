"""A plan's BackupStorageLocation is gone from a cluster, or a Backup names one that does not exist."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_MISSING = re.compile(
    r"has no (?P<kind>BackupStorageLocation|VolumeSnapshotLocation) in|BackupStorageLocation (?P<name>\S+) does not exist|"
    r"no default BackupStorageLocation|backupstoragelocations?(?:\.velero\.io)? \"[^\"]*\" not found",
    re.IGNORECASE,
)


def _find(case: Case) -> Iterable[Finding]:
    hits = said.search(case, _MISSING)
    yield from finding.one(
        _("A BackupStorageLocation that is needed does not exist in the cluster: somebody deleted it, or it was never made."),
        said.things(hits),
        said.evidence(hits),
        [
            _("see which there are on which cluster: `mtc get bsl`"),
            *(
                again.closed(case)
                or [
                    _(
                        "the controller makes a plan's locations anew: set spec.refresh of the plan to true; for a Backup of your own, name one that exists"
                    )
                ]
            ),
        ],
    )


RULE = Rule(
    "location-missing",
    finding.STORAGE + 8,
    N_("errors of migration, Backups and Restores"),
    N_("they name a location that is not there"),
    _find,
)
