"""A cluster does not serve a kind: its CustomResourceDefinition, or this version of the API, is missing there."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, finding, objects, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Evidence, Finding, Rule, Thing
from mtc.diagnose.said import Hit
from mtc.words import N_, _

_UNSERVED = re.compile(
    r"does not serve (?P<api>\S+) (?P<kind>[A-Z]\w+)|no matches for kind \"(?P<other>\w+)\" in version \"(?P<version>[^\"]+)\"|"
    r"could not find the requested resource|CustomResourceDefinition (?P<crd>\S+) did not become Established|"
    r"(?:spec\.includedResources|includedResources) of MigPlan \S+ names (?P<named>\S+), which cluster",
)


def _find(case: Case) -> Iterable[Finding]:
    hits = objects.search(case, _UNSERVED)
    of_source = [hit for hit in hits if _is_of_source(hit)]
    yield from _on_source(case, of_source)
    yield from _on_target(case, [hit for hit in hits if hit not in of_source])


def _is_of_source(hit: Hit) -> bool:
    """Whether the source is meant: what a plan is limited to is looked for there, and a Backup is made there."""
    return bool(hit.part("named")) or hit.saying.placed.kind == "Backup"


def _on_source(case: Case, hits: list[Hit]) -> Iterable[Finding]:
    source = case.source or (hits[0].saying.placed.cluster if hits else "")
    names = sorted({name for hit in hits if (name := _name(hit))})
    plan = [finding.thing(case.plan)] if case.plan else []
    yield from finding.one(
        _("Source cluster {cluster} does not serve {kinds}, so there is nothing of that kind to save.").format(
            cluster=source, kinds=", ".join(names) or _("a kind that the application has")
        ),
        [*plan, *objects.things(hits)],
        said.evidence(hits),
        [
            finding.on(source, "kubectl api-resources"),
            _("correct the kind in spec.includedResources of the plan, or take it out; give group and kind as they are listed there")
            if any(hit.part("named") for hit in hits)
            else _("see whether its CustomResourceDefinition, or the APIService that answers for it, is there and works"),
            *again.retry(case),
        ],
    )


def _on_target(case: Case, hits: list[Hit]) -> Iterable[Finding]:
    listed = [gvk for space in _incompatible(case) for gvk in space.get("gvks") or ()]
    stated = [saying for saying in said.everything(case) if saying.source == "condition GVKsIncompatible"]
    if not (hits or listed or stated):
        return
    kinds = [*(f"{gvk.get('kind')}.{gvk.get('group')}".rstrip(".") for gvk in listed), *map(_name, hits)]
    names = sorted({name for name in kinds if name})
    things = [Thing("CustomResourceDefinition", "", name, case.target or case.subject.cluster) for name in names if "." in name]
    proof = [*said.evidence(hits), *said.evidence(stated)]
    if not proof and case.plan:
        proof = [Evidence(finding.thing(case.plan), "status.incompatibleNamespaces", ", ".join(names))]
    target = case.target or case.subject.cluster
    after = again.done(case) or [_("then refresh the plan (spec.refresh) and migrate again, or bring these objects over by hand")]
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
            *(again.closed(case) or after),
        ],
    )


def _name(hit: Hit) -> str:
    """The kind that is not served, "" where the words do not name it."""
    return next((name for part in ("kind", "other", "crd", "named") if (name := hit.part(part))), "")


def _incompatible(case: Case) -> Iterable[dict[str, list[dict[str, str]]]]:
    status = case.plan.status if case.plan else {}
    found: Iterable[dict[str, list[dict[str, str]]]] = status.get("incompatibleNamespaces") or ()
    return found


RULE = Rule(
    "definition-missing",
    finding.OBJECT,
    N_("incompatible kinds of the plan, errors of the migration, results of Backups and Restores"),
    N_("the target does not know a kind or an API version of the application, or the source does not know a kind that the plan names"),
    _find,
)
