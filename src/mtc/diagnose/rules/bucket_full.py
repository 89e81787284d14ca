"""There is no room left in the object storage."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, finding, storage
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_FULL = re.compile(r"QuotaExceeded|InsufficientStorage|XMinioStorageFull|StorageFull|NoSpace\b|there is no space left \(|\b507\b")
#: These are about volumes, or quotas of a namespace.
_OTHER = re.compile(r"no space left on device|exceeded quota|into (?:the )?volume")


def _find(case: Case) -> Iterable[Finding]:
    return storage.explain(
        case,
        _FULL,
        _("The object storage has no room left, or the quota of the bucket is used up."),
        [
            _("see what is in it, and delete Backups that nobody needs: `mtc get backup`"),
            _("raise the quota or enlarge the storage; what is in the bucket already is not sent again"),
            *again.on(case),
        ],
        unless=_OTHER,
    )


RULE = Rule("bucket-full", finding.STORAGE + 5, N_("what is said about the bucket"), N_("the storage says that it is full"), _find)
