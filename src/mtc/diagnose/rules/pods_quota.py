"""A quota of the namespace leaves no room, or counts what pods do not say."""

import re
from collections.abc import Iterable, Sequence

from mtc.diagnose import again, finding, said, starting
from mtc.diagnose.case import Case
from mtc.diagnose.finding import Finding, Rule, Thing
from mtc.diagnose.said import Hit
from mtc.words import N_, _

_EXCEEDED = re.compile(r"exceeded quota: (?P<quota>[^,\s]+)")
#: A quota of cpu or memory refuses pods that do not say how much of it they need, however much is left.
_UNSAID = re.compile(r"failed quota: (?P<quota>[^:\s]+): must specify (?P<what>.+?)(?: \(HTTP \d+\)|$)")

#: A Restore that has ended makes nothing any more.
_ENDED = frozenset({"Completed", "PartiallyFailed", "Failed"})


def _find(case: Case) -> Iterable[Finding]:
    for pattern, explain in ((_EXCEEDED, _full), (_UNSAID, _unsaid)):
        hits = said.search(case, pattern)
        if not hits:
            continue
        things = said.things(hits)
        quota = Thing("ResourceQuota", said.space_of(things[0]), hits[0].part("quota"), things[0].cluster)
        cause, steps = explain(case, hits, quota, things)
        yield from finding.one(
            cause,
            [quota, *things],
            said.evidence(hits),
            [finding.on(quota.cluster, f"kubectl -n {quota.namespace} describe quota {quota.name}"), *steps],
            weight=starting.weight_of(case, hits[0].saying),
        )


def _full(case: Case, hits: Sequence[Hit], quota: Thing, things: Sequence[Thing]) -> tuple[str, list[str]]:
    return (
        _("ResourceQuota {quota} leaves no room for {things} on cluster {cluster}.").format(
            quota=quota.name, things=finding.listed(things), cluster=quota.cluster
        ),
        _room(case, hits),
    )


def _room(case: Case, hits: Sequence[Hit]) -> list[str]:
    """How room is made, and what becomes then of what was refused."""
    if again.has_failed(case):
        return [_("raise the quota, free room in the namespace, or make the application smaller"), *again.retry(case)]
    if any(hit.saying.placed.kind == "Restore" and hit.saying.placed.phase in _ENDED for hit in hits):
        return [
            _("raise the quota, free room in the namespace, or make the application smaller"),
            *(
                again.done(case)
                or [_("what a Restore could not make does not come by itself: migrate or restore it again, or make it by hand")]
            ),
        ]
    return [_("raise the quota, free room in the namespace, or make the application smaller; what waits for it starts by itself")]


def _unsaid(case: Case, hits: Sequence[Hit], quota: Thing, things: Sequence[Thing]) -> tuple[str, list[str]]:
    return (
        _(
            "ResourceQuota {quota} on cluster {cluster} takes only pods that say what they need; those of {things} do not say {what}."
        ).format(quota=quota.name, cluster=quota.cluster, things=finding.listed(things), what=hits[0].part("what")),
        [
            _("set these requests and limits on the workload, or give namespace {space} a LimitRange with defaults for them").format(
                space=quota.namespace
            ),
            *again.retry(case),
        ],
    )


RULE = Rule(
    "pods-quota",
    finding.APPLICATION,
    N_("messages, results, and events of what lacks pods"),
    N_("something was refused for a quota: it is used up, or pods do not say what they need"),
    _find,
)
