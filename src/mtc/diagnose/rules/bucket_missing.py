"""The bucket does not exist."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, finding, storage
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_MISSING = re.compile(
    r"bucket does not exist|NoSuchBucket|ContainerNotFound|specified (?:bucket|container) does not exist|bucket .{0,80}not found",
    re.IGNORECASE,
)


def _find(case: Case) -> Iterable[Finding]:
    return storage.explain(
        case,
        _MISSING,
        _("The bucket does not exist: it was deleted, never made, or its name or region is another one."),
        [
            _("list the buckets with the storage's own tool, for instance `aws s3 ls --endpoint-url URL`"),
            _("create the bucket, or correct name and region in spec.backupStorageConfig of the MigStorage"),
            _("backups that were in a deleted bucket are lost"),
            *again.migrate(case),
        ],
    )


RULE = Rule(
    "bucket-missing", finding.STORAGE + 4, N_("what is said about the bucket"), N_("the storage says that there is no such bucket"), _find
)
