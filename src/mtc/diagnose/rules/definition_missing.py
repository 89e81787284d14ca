"""The target does not serve a kind: its CustomResourceDefinition, or this version of the API, is missing there."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, objects, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Evidence, Finding, Rule, Thing
from mtc.words import N_, _

_UNSERVED = re.compile(
    r"does not serve (?P<api>\S+) (?P<kind>[A-Z]\w+)|no matches for kind \"(?P<other>\w+)\" in version \"(?P<version>[^\"]+)\"|"
    r"could not find the requested resource|CustomResourceDefinition (?P<crd>\S+) did not become Established|"
    r"(?:spec\.includedResources|includedResources) of MigPlan \S+ names (?P<named>\S+), which cluster",
)


def _find(case: Case) -> Iterable[Finding]:
    listed = [gvk for space in _incompatible(case) for gvk in space.get("gvks") or ()]
    hits = objects.search(case, _UNSERVED)
    stated = [saying for saying in said.everything(case) if saying.source == "condition GVKsIncompatible"]
    if not (hits or listed or stated):
        return
    kinds = [*(f"{gvk.get('kind')}.{gvk.get('group')}".rstrip(".") for gvk in listed)]
    kinds += [hit.part("kind") or hit.part("other") or hit.part("crd") or hit.part("named") for hit in hits]
    names = sorted({name for name in kinds if name})
    things = [Thing("CustomResourceDefinition", "", name, case.target or case.subject.cluster) for name in names if "." in name]
    proof = [*said.evidence(hits), *said.evidence(stated)]
    if not proof and case.plan:
        proof = [Evidence(finding.thing(case.plan), "status.incompatibleNamespaces", ", ".join(names))]
    target = case.target or case.subject.cluster
    yield from finding.one(
        _("Cluster {cluster} does not serve {kinds}, so objects of that kind are left out or fail.").format(
            cluster=target, kinds=", ".join(names) or _("a kind that the application has")
        ),
        [*things, *objects.things(hits)],
        proof,
        [
            finding.on(target, "kubectl api-resources"),
            _(
                "install the operator or the CustomResourceDefinition on the target; for an old API version convert the objects on the source"
            ),
            _("then refresh the plan (spec.refresh) and migrate again, or bring these objects over by hand"),
        ],
    )


def _incompatible(case: Case) -> Iterable[dict[str, list[dict[str, str]]]]:
    status = case.plan.status if case.plan else {}
    found: Iterable[dict[str, list[dict[str, str]]]] = status.get("incompatibleNamespaces") or ()
    return found


RULE = Rule(
    "definition-missing",
    finding.OBJECT,
    N_("incompatible kinds of the plan, results of Restores"),
    N_("the target does not know a kind or an API version of the application"),
    _find,
)
