"""A Backup that is needed was deleted, or never came to the cluster."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.words import N_, _

_GONE = re.compile(
    r"(?:Backup|Restore) of this migration was deleted|Backup (?P<name>\S+) does not exist on cluster|Backup (?P<other>\S+) is (?:FailedValidation|Failed|New|InProgress|Deleting)|"
    r"has no completed backup|backup(?:s\.velero\.io)? \"?(?P<third>[^\" ]+)\"? not found|was deleted from (?:namespace|cluster)"
)


def _find(case: Case) -> Iterable[Finding]:
    hits = said.search(case, _GONE, where=lambda saying: saying.placed.kind in {"MigMigration", "Restore", "Backup"})
    named = next((name for hit in hits for key in ("name", "other", "third") if (name := hit.part(key))), "")
    space, _slash, name = named.rpartition("/")
    placed = hits[0].saying.placed if hits else case.subject
    thing = [Thing("Backup", space or case.snapshot.namespace, name, placed.cluster)] if name else []
    yield from finding.one(
        _("The Backup that is needed is not there, or cannot be used: it was deleted, has failed, or the cluster has not seen it yet."),
        [*thing, *said.things(hits)],
        said.evidence(hits),
        [
            _("see which there are, and where: `mtc get backup`"),
            _("a Backup of another cluster comes with the next synchronisation when both use the same bucket and prefix"),
            *(again.closed(case) or [_("one that was deleted cannot be brought back: start another migration, or name another Backup")]),
        ],
    )


RULE = Rule(
    "backup-gone",
    finding.STORAGE + 8,
    N_("errors of the migration and of Restores"),
    N_("a Backup was deleted meanwhile, does not exist, or has not completed"),
    _find,
)
