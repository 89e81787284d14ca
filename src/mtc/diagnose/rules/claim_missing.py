"""A pod mounts a claim that does not exist, or whose volume is gone."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said, starting
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.words import N_, _

_MISSING = re.compile(
    r"persistentvolumeclaims? \"(?P<claim>[^\"]+)\" (?:not found|bound to non-?existent persistentvolume \"(?P<volume>[^\"]*)\")",
    re.IGNORECASE,
)


def _find(case: Case) -> Iterable[Finding]:
    hits = starting.search(case, _MISSING)
    if not hits:
        return
    pod, claim, volume = finding.thing(hits[0].saying.placed), hits[0].part("claim"), hits[0].part("volume")
    lacks = Thing("PersistentVolumeClaim", pod.namespace, claim, pod.cluster)
    gone = Thing("PersistentVolume", "", volume, pod.cluster)
    why = (
        _("{thing}, to which its claim {claim} is bound, does not exist").format(thing=gone.ref, claim=claim)
        if volume
        else _("it mounts {thing}, which does not exist").format(thing=lacks.ref)
    )
    yield from finding.one(
        _("{pods} cannot start: {why} on cluster {cluster}.").format(pods=starting.names(hits), why=why, cluster=pod.cluster),
        [lacks, *([gone] if volume else []), *said.things(hits)],
        said.evidence(hits),
        [
            finding.on(pod.cluster, f"kubectl -n {pod.namespace} get pvc"),
            _("see what the plan does with the volume: action `skip` in spec.persistentVolumes leaves the claim behind"),
            _(
                "choose another action in the plan and migrate again, or make the claim on the target by hand; the pod then starts by itself"
            ),
        ],
        weight=starting.weight(case, hits),
    )


RULE = Rule(
    "claim-missing",
    finding.APPLICATION - 3,
    N_("pods that wait, and the scheduler's words"),
    N_("a claim that a pod mounts, or the volume of such a claim, does not exist"),
    _find,
)
