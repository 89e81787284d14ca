"""A cluster does not say which image stage pods have, or has no settings at all."""

import re
from collections.abc import Iterable

from mtc.api import names
from mtc.diagnose import finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.words import N_, _

_MISSING = re.compile(r"has no STAGE_IMAGE|StageImageMissing")


def _find(case: Case) -> Iterable[Finding]:
    hits = said.search(case, _MISSING)
    clusters = {named[1] for hit in hits if (named := re.search(r"of cluster ([a-z0-9.-]*[a-z0-9])", hit.saying.text))}
    space, key = case.snapshot.namespace, names.CLUSTER_CONFIG_MAP
    yield from finding.one(
        _("Nobody has said which image the pods get that hold volumes while they are copied."),
        [*(Thing("ConfigMap", space, key, cluster) for cluster in sorted(clusters)), *said.things(hits)],
        said.evidence(hits),
        [
            _("set it on that cluster: `kubectl -n {space} patch configmap {key} --type=merge -p '{patch}'`").format(
                space=space, key=key, patch='{"data":{"STAGE_IMAGE":"IMAGE"}}'
            ),
            _("the image of the toolkit itself serves; the migration goes on by itself"),
        ],
    )


RULE = Rule(
    "stage-image-missing",
    finding.VOLUME,
    N_("errors and conditions of the migration"),
    N_("ConfigMap migration-cluster-config has no STAGE_IMAGE"),
    _find,
)
