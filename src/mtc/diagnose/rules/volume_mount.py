"""A volume cannot be attached or mounted: in use on another node, out of reach of every node, unknown driver, failed server, bad subPath."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said, scheduling, starting
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.diagnose.said import Hit
from mtc.words import N_, _

_FAILED = re.compile(
    r"Multi-Attach error|FailedAttachVolume|AttachVolume\.\w+ failed|MountVolume\.\w+ failed|MapVolume\.\w+ failed|"
    r"[Uu]nable to (?:attach or )?mount volumes?|mount failed|already (?:exclusively )?(?:used|attached)|subPath|volume-subpaths|"
    r"error mounting \"/var/lib/kubelet|nodes are available: "
)
#: What is mounted is an object that is missing.
_OTHER = re.compile(r"(?:configmap|secret) \"[^\"]+\" not found|object \S+ not registered|persistentvolumeclaims? \"", re.IGNORECASE)
#: There is no volume yet.
_CLAIM = re.compile(r"to bind|unbound")
#: Why, from what names it most exactly; then what to do.
_REASONS = (
    (
        re.compile(r"Multi-Attach|already (?:exclusively )?(?:used|attached)"),
        N_("another node still uses it, and it can be used on one only"),
        N_("stop the pod that uses the volume elsewhere, or stop the application before you migrate (quiescePods)"),
    ),
    (
        re.compile(r"node affinity|zone"),
        N_("its PersistentVolume is on other nodes or in another zone than those that can take the pod"),
        N_("compare spec.nodeAffinity of the PersistentVolume with `kubectl get nodes --show-labels`; make room on those nodes, or make the claim anew with a class that is there everywhere"),
    ),
    (
        re.compile(r"max volume count|exceed max"),
        N_("every node holds as many volumes as it can"),
        N_("add nodes, or stop other pods with volumes; `kubectl get csinodes -o yaml` has the limits"),
    ),
    (
        re.compile(r"not enough free storage|not have enough free storage"),
        N_("no node has enough free storage for it"),
        N_("free storage on the nodes, or choose another class in the plan"),
    ),
    (
        re.compile(r"driver name \S+ not found in the list of registered CSI drivers|does not contain driver|no volume plugin matched|unknown filesystem type"),
        N_("the node does not have the driver, or the file system, that it needs"),
        N_("see which drivers the nodes have: `kubectl get csidrivers,csinodes`; install or restart the driver's pods on the node"),
    ),
    (
        re.compile(r"hostPath type check failed"),
        N_("the path on the node that it names is not there, or is of another kind"),
        N_("make the path on the nodes of the target, or keep the data on a claim instead of on the node"),
    ),
    (
        re.compile(r"subPath|volume-subpaths|onto a file"),
        N_("what it names as subPath is not there, or is of another kind than the place where it is mounted"),
        N_("compare subPath of the workload with what is on the volume or in the ConfigMap: a file cannot be mounted over a folder"),
    ),
)  # fmt: skip
_REST: tuple[str, str] | None = (
    N_("the storage did not give it"),
    N_("look at the driver of the volume on that node, at its server, and at the node of the PersistentVolume"),
)


def _find(case: Case) -> Iterable[Finding]:
    failed = [hit for hit in starting.search(case, _FAILED) if not _OTHER.search(hit.saying.text)]
    for reason, hits in said.clearest(failed, _reason, vague=_REST).items():
        if reason is None:
            continue
        yield from finding.one(
            _("A volume of {pods} cannot be mounted: {why}.").format(pods=starting.names(hits), why=_(reason[0])),
            said.things(hits),
            said.evidence(hits),
            [starting.describe(hits), _(reason[1])],
            weight=starting.weight(case, hits),
        )


def _reason(hit: Hit) -> tuple[str, str] | None:
    """What keeps the volume away; None where the scheduler speaks of something else, or of a claim without a volume."""
    text = hit.saying.text
    if "nodes are available: " in text:
        main = scheduling.main(text)
        if main is None or main.kind != scheduling.VOLUME or _CLAIM.search(main.what):
            return None
        text = main.what
    return next(((why, step) for pattern, why, step in _REASONS if pattern.search(text)), _REST)


RULE = Rule(
    "volume-mount",
    finding.APPLICATION + 1,
    N_("events of pods that wait, and the scheduler's words"),
    N_("a volume cannot be attached to a node or mounted"),
    _find,
)
