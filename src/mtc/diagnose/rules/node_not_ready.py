"""A node that is needed is not ready."""

from collections.abc import Iterable

from mtc.diagnose import finding, pods
from mtc.diagnose.case import Case, Placed
from mtc.diagnose.finding import Evidence, Finding, Rule
from mtc.words import N_, _


def _find(case: Case) -> Iterable[Finding]:
    for cluster in case.clusters:
        needed = _needed(case, cluster)
        nodes = [Placed(cluster, item) for item in case.snapshot.all(cluster, "Node")]
        for node in nodes:
            found = [entry for entry in node.status.get("conditions") or () if entry.get("type") == "Ready"]
            state = found[0] if found else {}
            if state.get("status") == "True" or not state or (node.name not in needed and len(nodes) > 1):
                continue
            yield from finding.one(
                _("Node {node} of cluster {cluster} is not ready: nothing on it starts, stops or is copied.").format(
                    node=node.name, cluster=cluster
                ),
                [finding.thing(node)],
                [Evidence(finding.thing(node), "condition Ready", f"{state.get('status')}: {state.get('reason')}: {state.get('message')}")],
                [
                    finding.on(cluster, f"kubectl describe node {node.name}"),
                    _("look at kubelet, container runtime, disk and network of the node; restart its kubelet"),
                ],
            )


def _needed(case: Case, cluster: str) -> set[str]:
    """Nodes of volumes that are copied, and of pods that do not run."""
    found = {
        str((volume.item.get("spec") or {}).get("node") or "") for volume in case.volumes if volume.phase not in {"Completed", "Failed"}
    }
    return found | {str((pod.item.get("spec") or {}).get("nodeName") or "") for pod in pods.troubled(case) if pod.cluster == cluster}


RULE = Rule(
    "node-not-ready",
    finding.TOOLKIT - 1,
    N_("nodes of volumes that are copied and of pods that do not run"),
    N_("condition Ready of such a node is not True"),
    _find,
)
