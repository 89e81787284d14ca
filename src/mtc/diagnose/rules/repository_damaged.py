"""Data that a repository needs are gone from the bucket."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, copying, finding
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_GONE = re.compile(
    r"are gone from the storage|has no config, but|RepositoryDamaged|no matching ID found|The snapshot is not in the repository|There is no repository|"
    r"repository does not exist|ReadFull\(<(?:data|index)|has no archive|cannot be read from the archive|ArchiveBroken|"
    # So restic says before 0.17; for any other trouble on the way to the bucket it begins alike.
    r"unable to open config file: Stat: (?:The specified key does not exist|NoSuchKey|.*no such file or directory)"
)


def _find(case: Case) -> Iterable[Finding]:
    return copying.explain(
        case,
        _GONE,
        _("Data of the backup are gone from the bucket: somebody, or a rule of the bucket, has deleted them."),
        [
            _("look for life-cycle rules of the bucket, and for whoever cleans it up"),
            _("remove the rest of the repository's folder (restic/NAMESPACE in the bucket), or bring its files back"),
            _("the data are still on the source"),
            *again.migrate(case),
        ],
    )


RULE = Rule(
    "repository-damaged",
    finding.VOLUME + 2,
    N_("messages of volume copies, Backups and Restores"),
    N_("the repository, its snapshot, a file of it or an archive is not in the bucket"),
    _find,
)
