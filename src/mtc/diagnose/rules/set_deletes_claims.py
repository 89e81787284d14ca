"""A StatefulSet deletes its claims when it is stopped."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.words import N_, _

_DELETES = re.compile(r"StatefulSet (?P<space>[a-z0-9-]+)/(?P<name>[a-z0-9.-]+) deletes its claims, and their data, when it is scaled down")
_KEEP = """--type merge -p '{"spec":{"persistentVolumeClaimRetentionPolicy":{"whenScaled":"Retain"}}}'"""


def _find(case: Case) -> Iterable[Finding]:
    hits = said.search(case, _DELETES)
    sets = finding.unique(Thing("StatefulSet", hit.part("space"), hit.part("name"), case.source) for hit in hits)
    yield from finding.one(
        _("{sets} on source cluster {cluster} would delete their claims, and the data in them, once they are stopped: nothing was.").format(
            sets=finding.listed(sets), cluster=case.source
        ),
        sets,
        said.evidence(hits),
        [
            *(finding.on(item.cluster, f"kubectl -n {item.namespace} patch statefulset {item.name} {_KEEP}") for item in sets),
            *(again.retry(case) or again.migrate(case)),
        ],
    )


RULE = Rule(
    "set-deletes-claims",
    finding.VOLUME,
    N_("status.errors of the migration"),
    N_("a StatefulSet of the source has the retention policy whenScaled: Delete"),
    _find,
)
