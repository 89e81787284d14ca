"""The toolkit, or a part of it, is not installed on a cluster."""

from collections.abc import Iterable

from mtc.api import names
from mtc.diagnose import finding
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Evidence, Finding, Rule, Thing
from mtc.words import N_, _

_DEFINITIONS = ("backups.velero.io", "restores.velero.io", "podvolumebackups.velero.io", "backupstoragelocations.velero.io")


def _find(case: Case) -> Iterable[Finding]:
    for cluster in case.clusters:
        missing = list(_missing(case, cluster))
        if not missing:
            continue
        host = " --host" if cluster == case.snapshot.host else ""
        yield from finding.one(
            _("The toolkit is not installed on cluster {cluster}, or only in parts: {things} is missing.").format(
                cluster=cluster, things=finding.listed(missing)
            ),
            missing,
            [Evidence(item, _("listing"), _("not there")) for item in missing[:3]],
            [
                _("install it: `mtc install --kubeconfig FILE --image IMAGE{host}` for cluster {cluster}").format(
                    host=host, cluster=cluster
                ),
                finding.on(cluster, f"kubectl -n {case.snapshot.namespace} get deploy,ds,pods"),
            ],
        )


def _missing(case: Case, cluster: str) -> Iterable[Thing]:
    snapshot = case.snapshot
    if snapshot.why_unread(cluster) or (case.plan is None and not (case.backups or case.restores)):
        return
    if snapshot.knows(cluster, "CustomResourceDefinition"):
        served = {item["metadata"]["name"] for item in snapshot.all(cluster, "CustomResourceDefinition")}
        for name in _DEFINITIONS:
            # An archive may have none of them.
            if served and name not in served:
                yield Thing("CustomResourceDefinition", "", name, cluster)
    wants_engine = case.migration is not None or case.backups or case.restores
    own = [snapshot.all(cluster, kind, namespace=snapshot.namespace) for kind in ("Deployment", "Pod")]
    # Where nothing of ours runs in the cluster, processes run beside it, as on a developer's machine.
    seen = any(own) and snapshot.knows(cluster, "Deployment", snapshot.namespace)
    engine = snapshot.find(cluster, "Deployment", names.VELERO_NAME, namespace=snapshot.namespace)
    if wants_engine and seen and engine is None and _is_waited_for(case, cluster):
        yield Thing("Deployment", snapshot.namespace, names.VELERO_NAME, cluster)


def _is_waited_for(case: Case, cluster: str) -> bool:
    """Whether somebody waits for an engine there."""
    work = [item for item in (*case.backups, *case.restores) if item.cluster == cluster]
    return any(item.phase in {"", "New"} for item in work) or any(
        location.phase == "" for location in case.toolkit("BackupStorageLocation") if location.cluster == cluster
    )


RULE = Rule(
    "toolkit-missing",
    finding.CLUSTER + 3,
    N_("definitions and Deployments on both clusters"),
    N_("kinds of the engine are not served, or there is no Deployment velero while somebody waits for it"),
    _find,
)
