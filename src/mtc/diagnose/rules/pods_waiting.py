"""A pod does not run, and no rule knows why: what it says itself."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, pods, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule
from mtc.words import N_, _

#: What a pod says of its claims is told of these.
_ASIDE = re.compile(r"unbound immediate PersistentVolumeClaims|persistent volumes to bind")
#: What is not there yet in its first minute may come by itself.
_STARTS_S = 60.0


def _find(case: Case) -> Iterable[Finding]:
    told: dict[str, list[said.Saying]] = {}
    for saying in said.everything(case):
        if saying.placed.kind == "Pod" and not _ASIDE.search(saying.text) and not pods.is_hook_pod(case, saying.placed):
            told.setdefault(f"{saying.placed.cluster} {saying.placed.ref}", []).append(saying)
    for sayings in told.values():
        pod = sayings[0].placed
        if said.age_s(case, pod.item) < _STARTS_S:
            continue
        yield from finding.one(
            _("{pods} does not run as it should. No rule knows this cause; this is what it says itself.").format(
                pods=f"{pod.ref} @{pod.cluster}"
            ),
            [finding.thing(pod)],
            said.evidence(sayings),
            [
                finding.on(pod.cluster, f"kubectl -n {pod.namespace} describe pod {pod.name}"),
                finding.on(pod.cluster, f"kubectl -n {pod.namespace} get events --field-selector involvedObject.name={pod.name}"),
            ],
            weight=pods.weight(case, pod),
        )


RULE = Rule(
    "pods-waiting",
    finding.APPLICATION + 8,
    N_("pods that do not run, and their events"),
    N_("one says something that no other rule knows; shown only for pods of which no other rule tells"),
    _find,
)
