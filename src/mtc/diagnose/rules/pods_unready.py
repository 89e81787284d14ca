"""Containers run, and their probes say that they do not work."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, pods, said, starting
from mtc.diagnose.case import Case, Placed
from mtc.diagnose.finding import Evidence, Finding, Rule
from mtc.diagnose.snapshot import Object, containers
from mtc.words import N_, _

_PROBED = re.compile(r"(?P<probe>[Rr]eadiness|[Ss]tartup|[Ll]iveness) probe (?:failed|errored)")


def _find(case: Case) -> Iterable[Finding]:
    hits = starting.search(case, _PROBED)
    # What a container that dies says of its readiness follows from its end.
    hits = [hit for hit in hits if hit.part("probe").lower() != "readiness" or not _dies(hit.saying.placed)]
    told = {hit.saying.placed.ref for hit in hits}
    silent = [
        pod
        for pod in pods.troubled(case)
        if pod.ref not in told and pods.unready_since(case, pod) and not _dies(pod) and not pods.is_hook_pod(case, pod)
    ]
    found = {hit.saying.placed.ref: hit.saying.placed for hit in hits} | {pod.ref: pod for pod in silent}
    if not found:
        return
    first = next(iter(found.values()))
    things = [finding.thing(pod) for pod in found.values()]
    probe = hits[0].part("probe").lower() if hits else ""
    why = _("its {probe} probe fails").format(probe=probe) if probe else _("its containers are not ready")
    yield from finding.one(
        _("{pods} runs and does not become ready: {why}. A Service sends it nothing until it is.").format(
            pods=f"{finding.listed(things)} @{first.cluster}", why=why
        ),
        things,
        [
            *said.evidence(hits),
            *(Evidence(finding.thing(pod), "condition Ready", _message(pod)) for pod in silent[:3]),
            *_tails(case, first),
        ],
        [
            finding.on(first.cluster, f"kubectl -n {first.namespace} describe pod {first.name}"),
            finding.on(first.cluster, f"kubectl -n {first.namespace} logs {first.name} --all-containers"),
            _(
                "see what the application waits for: often a service, a name or an address that is there on the source and not on the target"
            ),
        ],
        weight=min(pods.weight(case, pod) for pod in found.values()),
    )


def _dies(pod: Placed) -> bool:
    return any("running" not in (state.get("state") or {}) for state in pod.status.get("containerStatuses") or ())


def _message(pod: Placed) -> str:
    entry: Object = next((entry for entry in pod.status.get("conditions") or () if entry.get("type") == "Ready"), {})
    return f"{entry.get('reason') or ''}: {entry.get('message') or ''} ({entry.get('lastTransitionTime')})".strip(": ")


def _tails(case: Case, pod: Placed) -> Iterable[Evidence]:
    for state in containers(pod.item):
        if not state.get("ready"):
            yield from starting.last_words(case, pod, str(state.get("name")))


RULE = Rule(
    "pods-unready",
    finding.APPLICATION + 5,
    N_("pods that run, their condition Ready, events of their probes, last lines of their logs"),
    N_("a container runs and its probe fails, or it has not been ready for a minute"),
    _find,
)
