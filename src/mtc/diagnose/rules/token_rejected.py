"""A cluster does not accept the token of its MigCluster: expired, revoked, of another cluster."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Evidence, Finding, Rule, Thing
from mtc.words import N_, _

_REJECTED = re.compile(r"Unauthorized|HTTP 401|\b401\b|token (?:has )?expired|provide credentials")
_OF_CLUSTERS = frozenset({"condition TestConnectFailed", "condition ReconcileFailed", "condition InvalidSaToken"})


def _find(case: Case) -> Iterable[Finding]:
    for cluster in case.clusters:
        hits = [
            hit
            for hit in said.search(case, _REJECTED, where=lambda saying: saying.source in _OF_CLUSTERS)
            if hit.saying.placed.name == cluster or f"cluster {cluster}" in hit.saying.text
        ]
        declared = Thing("MigCluster", case.snapshot.namespace, cluster, case.snapshot.host)
        why = case.snapshot.why_unread(cluster)
        proof = [*said.evidence(hits), *([Evidence(declared, _("request of this command"), why)] if _REJECTED.search(why) else [])]
        spec = (case.snapshot.find(case.snapshot.host, "MigCluster", cluster) or {}).get("spec") or {}
        secret = spec.get("serviceAccountSecretRef") or {}
        named = Thing("Secret", str(secret.get("namespace") or ""), str(secret.get("name") or ""), case.snapshot.host)
        yield from finding.one(
            _(
                "Cluster {cluster} does not accept the token of its MigCluster: it has expired, was revoked, or belongs to another cluster."
            ).format(cluster=cluster),
            [declared, *([named] if named.name else [])],
            proof,
            [
                finding.on(cluster, f"kubectl create token migration-controller -n {case.snapshot.namespace} --duration=24h"),
                _("put it into key saToken of {secret} on the host cluster; it is used at once").format(
                    secret=named.ref if named.name else "Secret"
                ),
                _("a token that does not expire comes from a Secret of type kubernetes.io/service-account-token"),
            ],
        )


RULE = Rule(
    "token-rejected",
    finding.CLUSTER + 1,
    N_("conditions of MigClusters and of the migration, and the requests of this command"),
    N_("an API server answers 401 to the token of its MigCluster"),
    _find,
)
