"""An account lacks a right: which account, which right, on which cluster."""

import re
from collections.abc import Iterable

from mtc.diagnose import finding, said
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.words import N_, _

_REFUSED = re.compile(
    r"(?:User|user) \"(?P<user>[^\"]+)\" cannot (?P<verb>[a-z*]+) resource \"(?P<resource>[^\"]+)\" in API group \"(?P<group>[^\"]*)\""
    r"(?: in the namespace \"(?P<space>[^\"]+)\")?(?P<all> at the cluster scope)?"
)
_LISTED = re.compile(r"\b(?:lacks?|missing|may not)\b")


def _find(case: Case) -> Iterable[Finding]:
    hits = [*said.search(case, _REFUSED), *said.fresh_errors(case, _REFUSED)]
    seen: set[tuple[str, ...]] = set()
    for hit in hits:
        user, verb, resource, group, space = (hit.part(key) for key in ("user", "verb", "resource", "group", "space"))
        if (right := (user, verb, resource, group)) in seen:
            continue
        seen.add(right)
        cluster = _cluster(hit, case)
        label = f"{resource}.{group}" if group else resource
        account = user.removeprefix("system:serviceaccount:").replace(":", "/")
        yield from finding.one(
            _("{account} may not {verb} {resource} on cluster {cluster}.").format(
                account=account, verb=verb, resource=label, cluster=cluster
            ),
            [_account(user, cluster), *said.things([hit])],
            said.evidence(other for other in hits if other.part("resource") == resource and other.part("verb") == verb),
            [
                finding.on(cluster, f"kubectl auth can-i {verb} {label} --as={user}{f' -n {space}' if space else ''}"),
                _("give the account that right; `mtc install --least-privilege` grants everything that migrations need"),
            ],
        )
    declared = said.search(
        case, _LISTED, where=lambda saying: saying.source in {"condition SaTokenNotPrivileged", "condition MissingPermissions"}
    )
    if declared and not seen:
        yield from finding.one(
            _("The service account that the toolkit works as lacks rights. The condition lists them."),
            [finding.thing(hit.saying.placed) for hit in declared],
            said.evidence(declared),
            [
                _("run `mtc install --least-privilege` on that cluster, or bind the account to a role with the rights that are listed"),
                _("docs/how-to/permissions.md lists what migrations need and why"),
            ],
        )


def _cluster(hit: said.Hit, case: Case) -> str:
    named = re.search(r"on cluster ([a-z0-9.-]*[a-z0-9])", hit.saying.text)
    return named[1] if named and named[1] in case.snapshot.clusters else hit.saying.placed.cluster


def _account(user: str, cluster: str) -> Thing:
    if user.startswith("system:serviceaccount:"):
        _prefix, _word, namespace, name = user.split(":", 3)
        return Thing("ServiceAccount", namespace, name, cluster)
    return Thing("User", "", user, cluster)


RULE = Rule(
    "forbidden",
    finding.CLUSTER + 4,
    N_("all messages, results and fresh log lines; conditions SaTokenNotPrivileged and MissingPermissions"),
    N_("an API server refuses a request because the account lacks a right"),
    _find,
)
