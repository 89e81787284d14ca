"""No node takes a pod: taints, selectors and affinity, or too little room; or no scheduler looks for one."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, pods, said, scheduling, starting
from mtc.diagnose.case import Case, Placed
from mtc.diagnose.finding import Evidence, Finding, Rule
from mtc.words import N_, _

_UNPLACED = re.compile(r"nodes are available: ")
_DEFAULT = "default-scheduler"
#: A scheduler says something about a pod within a second; longer than that it takes only to start again.
_LOOKS_S = 60.0


def _find(case: Case) -> Iterable[Finding]:
    told = [
        (hit, reason)
        for hit in starting.search(case, _UNPLACED)
        if ("PodScheduled" in hit.saying.source or "FailedScheduling" in hit.saying.source)
        and (reason := scheduling.main(hit.saying.text)) is not None
    ]
    for kind, cause in _CAUSES.items():
        these = [(hit, reason) for hit, reason in told if reason.kind == kind]
        if these:
            hits = [hit for hit, _reason in these]
            yield from finding.one(
                _(cause).format(pods=starting.names(hits), why=these[0][1].what),
                [finding.thing(hit.saying.placed) for hit in hits],
                said.evidence(hits),
                [starting.describe(hits), *_steps(kind, hits[0].saying.placed.cluster)],
                weight=starting.weight(case, hits),
            )
    yield from _unseen(case)


def _unseen(case: Case) -> Iterable[Finding]:
    """Pods about which no scheduler has said anything: neither placed nor refused."""
    found: dict[tuple[str, str], list[Placed]] = {}
    for pod in pods.troubled(case):
        if _is_unseen(case, pod):
            found.setdefault((pod.cluster, str(pod.item["spec"].get("schedulerName") or _DEFAULT)), []).append(pod)
    for (cluster, scheduler), these in found.items():
        things = [finding.thing(pod) for pod in these]
        cause = _UNSEEN if scheduler == _DEFAULT else _UNKNOWN
        yield from finding.one(
            _(cause).format(pods=f"{finding.listed(things)} @{cluster}", scheduler=scheduler),
            things,
            [
                Evidence(
                    item, "status", f"phase Pending, without a node and without condition PodScheduled; spec.schedulerName {scheduler}"
                )
                for item in things[:3]
            ],
            [_look(cluster) if scheduler == _DEFAULT else _(_CORRECT).format(scheduler=scheduler)],
            weight=min(pods.weight(case, pod) for pod in these),
        )


def _is_unseen(case: Case, pod: Placed) -> bool:
    spec, status = pod.item.get("spec") or {}, pod.status
    placed = (
        spec.get("nodeName") or status.get("nominatedNodeName") or status.get("containerStatuses") or status.get("initContainerStatuses")
    )
    judged = any(entry.get("type") == "PodScheduled" for entry in status.get("conditions") or ())
    told = any(event.get("type") == "Warning" for event in case.snapshot.events(pod.cluster, pod.item))
    return pod.phase == "Pending" and not (placed or judged or told) and said.age_s(case, pod.item) >= _LOOKS_S


def _look(cluster: str) -> str:
    command = finding.on(
        cluster, "kubectl get lease -A --field-selector metadata.name=kube-scheduler -o custom-columns=RENEWED:.spec.renewTime"
    )
    return _("see whether the scheduler runs, and start it: {command} shows when it was last there").format(command=command)


_UNSEEN = N_("No scheduler has looked at {pods}: it is Pending, and nothing is said about it. The scheduler of the cluster does not run.")
_UNKNOWN = N_("No scheduler has looked at {pods}: it asks for scheduler {scheduler}, and none of that name does anything about it.")
_CORRECT = N_("start the scheduler {scheduler}, or take spec.schedulerName out of the workload, whose pods then are made anew")

#: That a volume keeps nodes away is a cause of its own.
_CAUSES = {
    scheduling.TAINT: N_("No node takes {pods}: its taints are not tolerated ({why})."),
    scheduling.CONTROL_PLANE: N_("No node takes {pods}: all nodes are of the control plane, which takes no applications ({why})."),
    scheduling.SELECTOR: N_("No node takes {pods}: none matches its node selector or affinity ({why})."),
    scheduling.ROOM: N_("No node takes {pods}: none has room for it ({why})."),
    scheduling.CORDONED: N_("No node takes {pods}: the nodes are closed for new pods ({why})."),
    scheduling.UNWELL: N_("No node takes {pods}: the nodes are not well, and are kept free for that ({why})."),
    scheduling.PORT: N_("No node takes {pods}: the port that it wants of the host is in use ({why})."),
    scheduling.OTHER: N_("No node takes {pods}: {why}."),
}


def _steps(kind: str, cluster: str) -> list[str]:
    if kind == scheduling.UNWELL:
        repair = _("repair the node as its conditions say (kubelet, disk, memory, network); the taint then goes by itself")
        return [finding.on(cluster, "kubectl describe nodes"), repair]
    return [_(_STEPS[kind])] if kind in _STEPS else []


_STEPS = {
    scheduling.TAINT: N_("remove the taint (`kubectl taint nodes NODE KEY-`), or give the workload a toleration for it"),
    scheduling.CONTROL_PLANE: N_("remove the taint (`kubectl taint nodes NODE KEY-`), or give the workload a toleration for it"),
    scheduling.SELECTOR: N_(
        "label a node as the pod wants it (`kubectl label node NODE KEY=VALUE`), or correct nodeSelector and affinity of the workload"
    ),
    scheduling.ROOM: N_(
        "add nodes, stop other work, or lower the requests of the workload; see `kubectl describe nodes`, Allocated resources"
    ),
    scheduling.CORDONED: N_("open the nodes again: `kubectl uncordon NODE`"),
    scheduling.PORT: N_("stop what uses the port, or take hostPort out of the workload"),
}


RULE = Rule(
    "pods-unschedulable",
    finding.APPLICATION + 1,
    N_("pods that wait, and the scheduler's words, or that there are none"),
    N_(
        "a taint, a selector, affinity, a port, a lack of room or the state of the nodes keeps a pod from every node; or no scheduler has "
        "said anything about it for a minute"
    ),
    _find,
)
