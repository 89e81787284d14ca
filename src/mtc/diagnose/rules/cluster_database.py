"""The database behind a cluster's API server takes nothing any more, or does not answer it."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.diagnose.said import Hit
from mtc.words import N_, _

_FULL = re.compile(r"mvcc: database space exceeded|NOSPACE")
_ILL = re.compile(r"etcdserver: (?:request timed out|no leader|leader changed|too many requests|not healthy)")


def _find(case: Case) -> Iterable[Finding]:
    # That a member changes passes by itself: it counts only where something failed for it.
    for pattern, cause, step in (
        (
            _FULL,
            _("The database of cluster {cluster} (etcd) is full, so nothing can be made or changed there."),
            _("compact and defragment etcd, raise its quota (--quota-backend-bytes), then clear the alarm: `etcdctl alarm disarm`"),
        ),
        (
            _ILL,
            _("The database of cluster {cluster} (etcd) does not answer its API server in time."),
            _("look at its disks and at the network between its members: `etcdctl endpoint status --cluster -w table`"),
        ),
    ):
        by_cluster: dict[str, list[Hit]] = {}
        for hit in [*said.search(case, pattern), *(said.fresh_errors(case, pattern) if pattern is _FULL else ())]:
            by_cluster.setdefault(_cluster(case, hit), []).append(hit)
        for cluster, hits in by_cluster.items():
            yield from finding.one(
                cause.format(cluster=cluster),
                [*said.things(hits)],
                said.evidence(hits),
                [step, *again.on(case)],
            )


def _cluster(case: Case, hit: Hit) -> str:
    named = re.search(r"on cluster ([a-z0-9.-]*[a-z0-9])", hit.saying.text)
    return named[1] if named and named[1] in case.snapshot.clusters else hit.saying.placed.cluster


RULE = Rule(
    "cluster-database",
    finding.CLUSTER + 2,
    N_("all messages, results and fresh log lines"),
    N_("etcd has no space left, or no leader"),
    _find,
)
