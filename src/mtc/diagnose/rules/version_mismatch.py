"""The clusters run different versions of the toolkit."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_SOURCES = frozenset(
    f"condition {name}" for name in ("OperatorVersionMismatch", "ClusterVersionMismatch", "ClusterOperatorVersionNotFound")
)


def _find(case: Case) -> Iterable[Finding]:
    hits = said.search(case, re.compile(""), where=lambda saying: saying.source in _SOURCES)
    yield from finding.one(
        _("The clusters do not have the same version of the toolkit, or one does not tell which it has."),
        [finding.thing(hit.saying.placed) for hit in hits],
        said.evidence(hits),
        [
            _("see what each has: `kubectl -n {namespace} get configmap migration-cluster-config -o yaml` on both").format(
                namespace=case.snapshot.namespace
            ),
            _("install the same version everywhere: `mtc install --kubeconfig FILE --image IMAGE`"),
        ],
    )


RULE = Rule(
    "version-mismatch",
    finding.DECLARATION + 5,
    N_("conditions of MigClusters and the plan about versions"),
    N_("versions differ or are not known; this explains odd failures, and is rarely the only cause"),
    _find,
)
