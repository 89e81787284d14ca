"""A pod refers to a ConfigMap, Secret or key that does not exist."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said, starting
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.words import N_, _

_MISSING = re.compile(
    r"(?P<kind>configmap|secret) \"?(?P<name>[a-z0-9./-]+)\"? not found|couldn't find key (?P<key>\S+) in (?P<other>ConfigMap|Secret) (?P<place>\S+)",
    re.IGNORECASE,
)


def _find(case: Case) -> Iterable[Finding]:
    hits = starting.search(case, _MISSING)
    if not hits:
        return
    first = hits[0]
    kind = {"configmap": "ConfigMap", "secret": "Secret"}[(first.part("kind") or first.part("other")).lower()]
    name = (first.part("name") or first.part("place")).rpartition("/")[2]
    key = first.part("key")
    pod = finding.thing(first.saying.placed)
    lacks = Thing(kind, pod.namespace, name, pod.cluster)
    what = _("key {key} of {thing}").format(key=key, thing=lacks.ref) if key else lacks.ref
    yield from finding.one(
        _("{pods} cannot start: it refers to {what}, which does not exist on cluster {cluster}.").format(
            pods=starting.names(hits), what=what, cluster=pod.cluster
        ),
        [lacks, *said.things(hits)],
        said.evidence(hits),
        [
            finding.on(pod.cluster, f"kubectl -n {pod.namespace} get {kind.lower()} {name}"),
            _(
                "create it there, as it is on the source; see in `mtc logs {name}` why it did not come along (label selector, excluded kinds)"
            ).format(name=case.name),
        ],
        weight=starting.weight(case, hits),
    )


RULE = Rule(
    "pods-config-missing",
    finding.APPLICATION + 2,
    N_("containers that wait, and events of their pods"),
    N_("a ConfigMap, a Secret or a key in one is missing"),
    _find,
)
