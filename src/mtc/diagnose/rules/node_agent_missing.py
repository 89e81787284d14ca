"""No node agent runs where a volume has to be copied."""

import re
from collections.abc import Iterable

from mtc.api import names
from mtc.diagnose import again, finding, said
from mtc.diagnose.case import Case, Placed
from mtc.diagnose.finding import Evidence, Finding, Rule, Thing
from mtc.words import N_, _

_WITHOUT = re.compile(
    r"no node agent runs on node (?P<node>\S+?)[.,]|daemonset pod not found in running state in node (?P<other>\S+)|node-agent pod is not running"
)
_OPEN = frozenset({"", "New", "Accepted", "Prepared", "InProgress"})


def _find(case: Case) -> Iterable[Finding]:
    for cluster in case.clusters:
        hits = [
            hit for hit in said.search(case, _WITHOUT) if hit.saying.placed.cluster == cluster or f"cluster {cluster}" in hit.saying.text
        ]
        if not _is_needed(case, cluster) and not hits:
            continue
        nodes = sorted(_needed(case, cluster) | {hit.part("node") or hit.part("other") for hit in hits} - {""})
        running = _running(case, cluster)
        lacking = [node for node in nodes if node not in running] if case.snapshot.knows(cluster, "Pod", case.snapshot.namespace) else []
        agents = case.snapshot.find(cluster, "DaemonSet", names.NODE_AGENT_NAME, namespace=case.snapshot.namespace)
        absent = agents is None and case.snapshot.knows(cluster, "DaemonSet", case.snapshot.namespace)
        idle = agents is not None and not (agents.get("status") or {}).get("numberReady")
        if not (lacking or absent or idle):
            continue
        subject = Thing("DaemonSet", case.snapshot.namespace, names.NODE_AGENT_NAME, cluster)
        where = _("on node {nodes} of cluster {cluster}").format(nodes=", ".join(lacking), cluster=cluster) if lacking else cluster
        yield from finding.one(
            _("No node agent runs {where}, so no volume there can be copied: {why}.").format(
                where=where if lacking else _("on cluster {cluster}").format(cluster=cluster), why=_why(agents)
            ),
            [subject, *(Thing("Node", "", node, cluster) for node in lacking)],
            [Evidence(subject, "status", _status(agents)), *said.evidence(hits)],
            [
                finding.on(cluster, f"kubectl -n {case.snapshot.namespace} describe daemonset {names.NODE_AGENT_NAME}"),
                _("let it run there: give it tolerations for the node's taints, correct its nodeSelector, or run `mtc install` again"),
                *again.on(case),
            ],
        )


def _is_needed(case: Case, cluster: str) -> bool:
    return any(volume.cluster == cluster and volume.phase in _OPEN for volume in case.volumes)


def _needed(case: Case, cluster: str) -> set[str]:
    """Nodes of volumes that wait to be copied."""
    found = set()
    for volume in case.volumes:
        if volume.cluster != cluster or volume.phase not in {"", "New", "Accepted", "Prepared"} or said.age_s(case, volume.item) < 5:
            continue
        spec = volume.item.get("spec") or {}
        pod = case.snapshot.find(
            cluster, "Pod", str((spec.get("pod") or {}).get("name") or ""), namespace=str((spec.get("pod") or {}).get("namespace") or "")
        )
        found.add(str(spec.get("node") or ((pod or {}).get("spec") or {}).get("nodeName") or ""))
    return found - {""}


def _running(case: Case, cluster: str) -> set[str]:
    found = [Placed(cluster, item) for item in case.snapshot.all(cluster, "Pod", namespace=case.snapshot.namespace)]
    return {
        str(pod.item["spec"].get("nodeName"))
        for pod in found
        if pod.phase == "Running" and (pod.item["metadata"].get("labels") or {}).get(names.ROLE) == names.NODE_AGENT_NAME
    }


def _why(agents: dict[str, object] | None) -> str:
    if agents is None:
        return _("DaemonSet node-agent does not exist")
    return _("DaemonSet node-agent has no running pod there")


def _status(agents: dict[str, object] | None) -> str:
    status = (agents or {}).get("status")
    found = status if isinstance(status, dict) else {}
    if agents is None:
        return _("does not exist")
    return f"desired {found.get('desiredNumberScheduled', 0)}, scheduled {found.get('currentNumberScheduled', 0)}, ready {found.get('numberReady', 0)}"


RULE = Rule(
    "node-agent-missing",
    finding.TOOLKIT + 2,
    N_("DaemonSet node-agent, its pods, and the nodes of volumes that wait"),
    N_("a volume waits on a node where no node agent runs"),
    _find,
)
