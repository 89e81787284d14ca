"""The certificate of a cluster's API server is not trusted, has expired, or is for another name."""

import re
from collections.abc import Iterable

from mtc.diagnose import certificates, finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

_UNTRUSTED = re.compile(r"certificate|x509|CA bundle", re.IGNORECASE)
_OF_CLUSTERS = frozenset({"condition TestConnectFailed", "condition ReconcileFailed"})
_TRUST = (
    N_("put the CA of that cluster, in PEM form and base64, into spec.caBundle of the MigCluster"),
    N_("the CA stands in the cluster's kubeconfig: `kubectl config view --raw --minify`, certificate-authority-data"),
)


def _find(case: Case) -> Iterable[Finding]:
    hits = said.search(
        case, _UNTRUSTED, where=lambda saying: saying.source in _OF_CLUSTERS and saying.placed.kind in {"MigCluster", "MigMigration"}
    )
    hits = [hit for hit in hits if "bucket" not in hit.saying.text]
    for known, these in said.grouped(hits, certificates.cause).items():
        yield from finding.one(
            _(known[0]).format(whose=_("the cluster's API server"))
            if known
            else _("The certificate of the cluster's API server is not trusted, so nothing is sent there."),
            said.things(these),
            said.evidence(these),
            [
                *([_(known[1])] if known else map(_, _TRUST)),
                _("for a trial only: set spec.insecure of the MigCluster to true"),
            ],
            weight=-1,
        )


RULE = Rule(
    "cluster-certificate",
    finding.CLUSTER + 1,
    N_("conditions of MigClusters and of the migration"),
    N_("a connection fails because of the API server's certificate"),
    _find,
)
