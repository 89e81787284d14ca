"""An admission webhook refuses objects, or does not answer."""

import re
from collections.abc import Iterable

from mtc.diagnose import again, finding, said, starting
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.words import N_, _

_DENIED = re.compile(r"admission webhook \"(?P<name>[^\"]+)\" denied the request:? ?(?P<why>.*)")
_SILENT = re.compile(r"failed calling (?:admission )?webhook \"(?P<name>[^\"]+)\":? ?(?P<why>.*)|conversion webhook for [^:]+ failed")
_POLICY = re.compile(r"ValidatingAdmissionPolicy '(?P<name>[^']+)'.*denied request:? ?(?P<why>.*)")


def _find(case: Case) -> Iterable[Finding]:
    for pattern in (_SILENT, _DENIED, _POLICY):
        hits = said.search(case, pattern)
        if not hits:
            continue
        name, things = hits[0].part("name"), said.things(hits)
        cluster = things[0].cluster
        config = _configuration(case, cluster, name) if pattern is not _POLICY else Thing("ValidatingAdmissionPolicy", "", name, cluster)
        cause = (
            _("Admission webhook {name} of cluster {cluster} does not answer, so {things} cannot be made.")
            if pattern is _SILENT
            else _("{name} of cluster {cluster} refuses {things}; its words say why.")
        )
        yield from finding.one(
            cause.format(name=name, cluster=cluster, things=finding.listed(things)),
            [*([config] if config else []), *things],
            said.evidence(hits),
            _steps(case, config, cluster, silent=pattern is _SILENT),
            weight=starting.weight_of(case, hits[0].saying),
        )


def _steps(case: Case, config: Thing | None, cluster: str, *, silent: bool) -> list[str]:
    look = (
        f"kubectl get {config.kind.lower()} {config.name} -o yaml"
        if config
        else "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"
    )
    if silent:
        return [
            finding.on(cluster, look),
            _("repair the Service and pods that answer for the webhook, or delete its configuration when they are gone for good"),
            *again.migrate(case),
        ]
    return [
        finding.on(cluster, look),
        _("change the object on the source as the webhook wants it, or except the namespace from it while you migrate"),
        *again.migrate(case),
    ]


def _configuration(case: Case, cluster: str, name: str) -> Thing | None:
    for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        for item in case.snapshot.all(cluster, kind):
            if any(hook.get("name") == name for hook in item.get("webhooks") or ()):
                return Thing(kind, "", str(item["metadata"]["name"]), cluster)
    return None


RULE = Rule(
    "admission-webhook",
    finding.APPLICATION,
    N_("results of Restores, errors, events of workloads without pods"),
    N_("a webhook or admission policy refuses a request, or fails"),
    _find,
)
