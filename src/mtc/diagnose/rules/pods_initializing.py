"""A pod waits for an init container that does not come to an end."""

from collections.abc import Iterable

from mtc.diagnose import finding, pods, starting
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Evidence, Finding, Rule
from mtc.words import N_, _


def _find(case: Case) -> Iterable[Finding]:
    for pod in pods.troubled(case):
        held = pods.held_by(case, pod)
        if held is None:
            continue
        name, since = held
        yield from finding.one(
            _("{pods} does not start: its init container {name} has been running since {time} and does not end.").format(
                pods=f"{pod.ref} @{pod.cluster}", name=name, time=f"{since:%H:%M:%S}"
            ),
            [finding.thing(pod)],
            [
                Evidence(finding.thing(pod), f"init container {name}", _("running since {time}").format(time=since.isoformat())),
                *starting.last_words(case, pod, name),
            ],
            [
                finding.on(pod.cluster, f"kubectl -n {pod.namespace} logs {pod.name} -c {name}"),
                _(
                    "its log says what it waits for: mostly a service, a database or a name that is there on the source and not on the target"
                ),
            ],
            weight=pods.weight(case, pod),
        )


RULE = Rule(
    "pods-initializing",
    finding.APPLICATION + 5,
    N_("pods that wait, their init containers and the last lines of these"),
    N_("an init container has been running for a minute and more"),
    _find,
)
