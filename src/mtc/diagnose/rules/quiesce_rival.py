"""An autoscaler, operator or GitOps tool starts again what the migration has stopped."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Evidence, Finding, Rule, Thing
from mtc.words import N_, _

_AGAIN = re.compile(
    r"Somebody has started again what this migration had stopped on source cluster [^\s,:]+"
    r"(?:, before the copy of its volumes was through)?: (?P<names>.*?)\. (?:It has been stopped|What was written)"
)
_NAMED = re.compile(r"(?P<kind>[A-Z]\w+) (?P<space>[a-z0-9-]+)/(?P<name>[a-z0-9.-]+)")


def _find(case: Case) -> Iterable[Finding]:
    hits = said.search(case, _AGAIN)
    named = [
        Thing(found["kind"], found["space"], found["name"], case.source) for hit in hits for found in _NAMED.finditer(hit.part("names"))
    ]
    autoscalers = [hpa for hpa in case.applications("HorizontalPodAutoscaler") if any(_scales(hpa.item, item) for item in named)]
    steps = [
        finding.on(case.source, f"kubectl -n {hpa.namespace} delete hpa {hpa.name}") + " " + _("(keep its manifest)") for hpa in autoscalers
    ]
    yield from finding.one(
        _("Somebody starts {names} again each time the migration stops it, so the data cannot be copied at rest.").format(
            names=finding.listed(named)
        ),
        [*named, *map(finding.thing, autoscalers)],
        [*said.evidence(hits), *(Evidence(finding.thing(hpa), "spec.scaleTargetRef", _("scales it")) for hpa in autoscalers)],
        [
            *steps,
            _("the field manager in the message is who does it: pause the synchronisation of a GitOps tool, scale an operator to 0"),
            *(again.retry(case) or [_("nothing else is to be done: the migration goes on by itself once nobody interferes")]),
        ],
    )


def _scales(hpa: dict[str, object], item: Thing) -> bool:
    spec = hpa.get("spec")
    target = spec.get("scaleTargetRef") if isinstance(spec, dict) else {}
    return isinstance(target, dict) and (target.get("kind"), target.get("name")) == (item.kind, item.name)


RULE = Rule(
    "quiesce-rival",
    finding.VOLUME + 3,
    N_("condition Stalled of the migration, HorizontalPodAutoscalers of the application"),
    N_("a workload that the migration stopped runs again"),
    _find,
)
