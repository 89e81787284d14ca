"""The files of a volume were read well, and nothing brought them to the target."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, finding, said
from mtc.diagnose.case import Case, mappings
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.words import N_, _

_LEFT = re.compile(r"The files of PersistentVolumeClaim (?P<space>[^\s/]+)/(?P<name>\S+) did not arrive on cluster")


def _find(case: Case) -> Iterable[Finding]:
    hits = said.search(case, _LEFT)
    if not hits:
        return
    target = case.target or hits[0].saying.placed.cluster
    # The words name a claim as it is called on the source.
    spaces = {mapping.source: mapping.target for mapping in mappings(case.plan)} if case.plan else {}
    found = [match for hit in hits for match in _LEFT.finditer(hit.saying.text)]
    claims = [Thing("PersistentVolumeClaim", spaces.get(match["space"], match["space"]), match["name"], target) for match in found]
    looks = [
        finding.on(target, f"kubectl -n {space} get pvc,pods,resourcequota") for space in dict.fromkeys(claim.namespace for claim in claims)
    ]
    yield from finding.one(
        _("The files of {claims} were read on the source and not restored: nothing brought them to target cluster {cluster}.").format(
            claims=finding.listed(claims), cluster=target
        ),
        claims,
        said.evidence(hits),
        [
            *looks,
            _("remove what refused the claim, or kept the pod that mounts it from starting; the other causes tell it where it is known"),
            *again.retry(case),
        ],
    )


RULE = Rule(
    "volume-unrestored",
    # After whatever refused the claim or its pod: all of those are causes of this.
    finding.OBJECT + 8,
    N_("errors of the migration and Restores"),
    N_("files of a volume that were saved did not arrive on the target, because nothing restored them"),
    _find,
)
