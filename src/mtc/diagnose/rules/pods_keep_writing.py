"""Pods that nothing can stop write to volumes while these are copied."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.words import N_, _

_POD = re.compile(r"\b(?P<space>[a-z0-9-]+)/(?P<name>[a-z0-9.-]*[a-z0-9])")


def _find(case: Case) -> Iterable[Finding]:
    hits = said.search(case, re.compile(""), where=lambda saying: saying.source == "condition PodsNotQuiesced")
    named = [Thing("Pod", found["space"], found["name"], case.source) for hit in hits for found in _POD.finditer(hit.saying.text)]
    yield from finding.one(
        _(
            "Pods keep running that the migration cannot stop, because no workload owns them: {pods}. What they write may be missing."
        ).format(pods=finding.listed(named)),
        [*named, *(finding.thing(hit.saying.placed) for hit in hits)],
        said.evidence(hits),
        [
            finding.on(case.source, _stop(named[0])) if named else _("stop them by hand"),
            _("then roll the migration back and migrate again, or compare the data on the target"),
        ],
    )


def _stop(pod: Thing) -> str:
    """Nothing makes it again: what it was has to be kept for a rollback."""
    kubectl = f"kubectl -n {pod.namespace}"
    return f"{kubectl} get pod {pod.name} -o yaml > {pod.name}.yaml && {kubectl} delete pod {pod.name}"


RULE = Rule(
    "pods-keep-writing",
    finding.DECLARATION + 1,
    N_("condition PodsNotQuiesced"),
    N_("pods without an owner use volumes that are copied"),
    _find,
)
