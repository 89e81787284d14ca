"""A cluster does not answer: network, address, API server."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Evidence, Finding, Rule, Thing
from mtc.words import N_, _

_SILENT = re.compile(
    r"did not answer|no answer|cannot be reached|[Cc]onnect(?:ion)? (?:refused|reset|timed out|call failed)|Cannot connect to host|"
    r"no route to host|[Nn]etwork is unreachable|Name or service not known|no such host|i/o timeout|context deadline exceeded|"
    r"connection has been ended|broke",
)
_CLUSTER_CONDITIONS = frozenset({"condition TestConnectFailed", "condition ReconcileFailed"})


def _find(case: Case) -> Iterable[Finding]:
    for cluster in case.clusters:
        hits = [
            hit for hit in said.search(case, _SILENT, where=lambda saying: saying.source in _CLUSTER_CONDITIONS) if _is_about(hit, cluster)
        ]
        declared = Thing("MigCluster", case.snapshot.namespace, cluster, case.snapshot.host)
        why = case.snapshot.why_unread(cluster)
        proof = [*said.evidence(hits), *([Evidence(declared, _("request of this command"), why)] if _SILENT.search(why) else [])]
        yield from finding.one(
            _("Cluster {cluster} does not answer. Everything that needs it stands still until it does.").format(cluster=cluster),
            [declared],
            proof,
            [
                _("look at what the controller says: `mtc describe migcluster {name}`").format(name=cluster),
                _("try its API server from the host cluster's network: `curl -k URL/version`, with spec.url of the MigCluster"),
                _("correct spec.url, or repair network, firewall, proxy or API server; migrations go on by themselves then"),
            ],
        )


def _is_about(hit: said.Hit, cluster: str) -> bool:
    placed, text = hit.saying.placed, hit.saying.text
    if placed.kind == "MigCluster":
        return placed.name == cluster
    return f"cluster {cluster}" in text and "certificate" not in text.lower()


RULE = Rule(
    "cluster-unreachable",
    finding.CLUSTER,
    N_("conditions of MigClusters and of the migration, and the requests of this command"),
    N_("the API server of source or target gives no answer"),
    _find,
)
