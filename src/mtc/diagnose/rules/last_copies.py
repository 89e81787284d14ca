"""Undoing would delete data that the source does not have any more."""

import re
from collections.abc import Iterable

from mtc.api import names
from mtc.diagnose import again, finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.words import N_, _

_LAST = re.compile(
    r"(?:PersistentVolumeClaims (?P<claims>\S+(?:, \S+)*) on target cluster \S+(?: and )?)?(?P<backups>Backup .*? on source cluster \S+ )?"
    r"would be deleted, and source cluster .*?these are the last copies"
)
_BACKUP = re.compile(r"Backup (?P<name>[a-z0-9.-]+)")


def _find(case: Case) -> Iterable[Finding]:
    hits = said.search(case, _LAST)
    refs = dict.fromkeys(ref for hit in hits for ref in hit.part("claims").split(", ") if "/" in ref)
    saved = dict.fromkeys(found["name"] for hit in hits for found in _BACKUP.finditer(hit.part("backups")))
    copies = [
        *(finding.named("PersistentVolumeClaim", ref, case.target) for ref in refs),
        *(Thing("Backup", case.snapshot.namespace, name, case.source) for name in saved),
    ]
    yield from finding.one(
        _(
            "Source cluster {cluster} has lost what {copies} are copies of, so nothing was deleted: they are the last ones. What was stopped "
            "on the source stays so, because it would begin with empty volumes."
        ).format(cluster=case.source, copies=finding.listed(copies)),
        copies,
        said.evidence(hits),
        [
            *_back(case),
            _("to keep the copies whatever is undone later, take their label off"),
            *(_keep(item) for item in copies),
        ],
    )


def _back(case: Case) -> list[str]:
    if case.plan is None or again.closed(case):
        return []
    return [_("to go back, bring the claims of the source back with their data, then `mtc rollback {plan}`").format(plan=case.plan.name)]


def _keep(item: Thing) -> str:
    return finding.on(item.cluster, f"kubectl -n {item.namespace} label {item.kind.lower()} {item.name} {names.MIGRATED_BY_MIGPLAN}-")


RULE = Rule(
    "last-copies",
    finding.VOLUME,
    N_("status.errors and condition LastCopiesKept of the migration"),
    N_("a rollback or a cancel would delete copies of claims that the source does not have any more"),
    _find,
)
