"""Volumes of the target were deleted after they had been filled."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_LOST = re.compile(r"PersistentVolumeClaims (?P<names>\S+(?:, \S+)*) on target cluster \S+ were filled by this migration")


def _find(case: Case) -> Iterable[Finding]:
    hits = said.search(case, _LOST)
    refs = dict.fromkeys(ref for hit in hits for ref in hit.part("names").split(", "))
    claims = [finding.named("PersistentVolumeClaim", ref, case.target) for ref in refs]
    spaces = list(dict.fromkeys(claim.namespace for claim in claims))
    yield from finding.one(
        _("Somebody has deleted {claims} on target cluster {cluster} after they were filled: their data are gone from there.").format(
            claims=finding.listed(claims), cluster=case.target
        ),
        claims,
        said.evidence(hits),
        [
            _("the data are still on the source and in the bucket; find out who deletes claims on the target, or it happens again"),
            *(finding.on(case.target, f"kubectl -n {space} get events,pvc") for space in spaces),
            *_undo(case),
        ],
    )


def _undo(case: Case) -> list[str]:
    if closed := again.closed(case):
        return closed
    if case.plan is None:
        return []
    return [_("take the migration back and migrate again: `mtc rollback {plan}`, then `mtc cutover {plan}`").format(plan=case.plan.name)]


RULE = Rule(
    "volumes-lost",
    finding.VOLUME,
    N_("status.errors of the migration"),
    N_("claims that it has filled are gone from the target, or others of the same name are there"),
    _find,
)
