"""Pods on the target use volumes whose content is to be replaced."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, owners, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.words import N_, _

_BUSY = re.compile(r"use volumes whose content is about to be replaced: (?P<names>.*?)\. Stop")
_NAMED = re.compile(r"(?:Pod )?(?P<space>[a-z0-9-]+)/(?P<name>[a-z0-9.-]+)")


def _find(case: Case) -> Iterable[Finding]:
    hits = said.search(case, _BUSY)
    named = [Thing("Pod", found["space"], found["name"], case.target) for hit in hits for found in _NAMED.finditer(hit.part("names"))]
    yield from finding.one(
        _("Pods on target cluster {cluster} use volumes that this migration is about to fill: {pods}.").format(
            cluster=case.target, pods=finding.listed(named)
        ),
        [*named, *(owner for pod in named for owner in owners.chain(case, pod))] or said.things(hits),
        said.evidence(hits),
        [
            *(owners.ways_to_stop(case, named) or [_("stop them")]),
            _("the migration goes on by itself then"),
        ],
    )


RULE = Rule(
    "target-in-use", finding.VOLUME + 2, N_("condition Stalled of the migration"), N_("somebody uses a volume of the target"), _find
)
