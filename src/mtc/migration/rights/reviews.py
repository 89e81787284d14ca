"""Asks a cluster what the token may do there, and compares it with what is needed.

A SelfSubjectRulesReview tells all rules of a namespace at once; the rules of a namespace that nobody has are those that hold
in the whole cluster, and where these are enough no other question is asked. Rules are kept for a minute for all plans, and
read again when something is missing in them, so that a right which was just granted counts at once. Where the cluster says that
its answer is incomplete (some authorizers cannot list what they allow), each right that is missing in it is asked for by itself.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from mtc.kube import errors, resources
from mtc.kube.client import Client
from mtc.kube.resources import ResourceType
from mtc.migration import parallel
from mtc.migration.rights.needed import Needs, Right
from mtc.migration.shared import MOMENT_S, Shared

#: No RoleBinding can be in it, because nobody makes a namespace of this name; what holds there holds everywhere.
_NOWHERE = "mtc-of-the-whole-cluster"
_RULES_REVIEWS = ResourceType("authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", namespaced=False)
_SUBJECT_REVIEWS = ResourceType("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", namespaced=False)
_KEPT_S = 60.0
#: Many plans that lack the same right, one after the other, share a look.
_AGAIN_S = 2.0
_ALL = "*"


@dataclass(frozen=True, order=True)
class Missing:
    """A right that the token lacks.

    Attributes:
        namespace: where; "" for the whole cluster.
        right: what, with only the verbs that are missing.
    """

    namespace: str
    right: Right


@dataclass(frozen=True)
class Rules:
    """What a token may do in a namespace.

    Attributes:
        rules: as in the status of a SelfSubjectRulesReview.
        complete: whether there may be more.
    """

    rules: tuple[Mapping[str, Any], ...]
    complete: bool = True
    # The same few questions come from every plan.
    _answers: dict[tuple[str, str, str], bool] = field(default_factory=dict, init=False, compare=False, repr=False)

    def grants(self, group: str, resource: str, verb: str) -> bool:
        """Whether a rule allows the verb on all objects of the resource."""
        key = (group, resource, verb)
        if key not in self._answers:
            self._answers[key] = any(_covers(rule, group, resource, verb) for rule in self.rules)
        return self._answers[key]


def _covers(rule: Mapping[str, Any], group: str, resource: str, verb: str) -> bool:
    if rule.get("resourceNames"):
        return False  # some objects only
    _, _, sub = resource.partition("/")
    named = {_ALL, resource, *([f"*/{sub}"] if sub else [])}
    return (
        bool({_ALL, verb} & set(rule.get("verbs") or []))
        and bool({_ALL, group} & set(rule.get("apiGroups") or []))
        and bool(named & set(rule.get("resources") or []))
    )


@dataclass(frozen=True)
class _Asked:
    """A right to check."""

    namespace: str
    group: str
    resource: str
    verb: str


async def missing(
    cluster: Client,
    needs: Needs,
    *,
    toolkit: str,
    applications: Iterable[str] = (),
    shared: Shared | None = None,
    afresh: bool = False,
) -> tuple[Missing, ...]:
    """The needed rights that the token of a client lacks, in order.

    Args:
        cluster: the client.
        needs: what is needed.
        toolkit: namespace of the toolkit.
        applications: namespaces of the plan on this cluster.
        shared: where rules are kept for others; without it they are read now.
        afresh: whether rules that were kept for a minute will not do.

    Raises:
        KubeError: the cluster failed.
    """
    asked = list(dict.fromkeys(_asked(needs, toolkit, list(applications))))
    lacking = await _lacking(cluster, asked, shared, max_age_s=MOMENT_S if afresh else _KEPT_S)
    if lacking and shared is not None and not afresh:
        lacking = await _lacking(cluster, asked, shared, max_age_s=_AGAIN_S)
    return _grouped(lacking)


def _asked(needs: Needs, toolkit: str, applications: list[str]) -> Iterable[_Asked]:
    places = ((needs.cluster, [""]), (needs.toolkit, [toolkit]), (needs.application, applications))
    for rights, namespaces in places:
        for namespace in namespaces:
            for right in rights:
                for verb in right.verbs:
                    yield _Asked(namespace, right.group, right.resource, verb)


async def _lacking(cluster: Client, asked: list[_Asked], shared: Shared | None, *, max_age_s: float) -> list[_Asked]:
    everywhere = await _rules(cluster, _NOWHERE, shared, max_age_s)
    rest = [item for item in asked if not everywhere.grants(item.group, item.resource, item.verb)]
    spaces = sorted({item.namespace for item in rest if item.namespace})
    found = await parallel.gather(_rules(cluster, name, shared, max_age_s) for name in spaces)
    by_namespace = {"": everywhere, **dict(zip(spaces, found, strict=True))}
    lacking = [item for item in rest if not item.namespace or not by_namespace[item.namespace].grants(item.group, item.resource, item.verb)]
    unsure = [item for item in lacking if not by_namespace[item.namespace].complete]
    answers = await parallel.gather(_allowed(cluster, item, shared, max_age_s) for item in unsure)
    allowed = {item for item, answer in zip(unsure, answers, strict=True) if answer}
    return [item for item in lacking if item not in allowed]


async def _rules(cluster: Client, namespace: str, shared: Shared | None, max_age_s: float) -> Rules:
    async def read() -> Rules:
        body = {"metadata": {}, "spec": {"namespace": namespace}}
        answer = await cluster.create(_RULES_REVIEWS, _typed(_RULES_REVIEWS, body))
        status = answer.get("status") or {}
        return Rules(tuple(status.get("resourceRules") or []), complete=not status.get("incomplete"))

    return await shared.get(cluster, ("rules", namespace), read, max_age_s=max_age_s) if shared else await read()


async def _allowed(cluster: Client, asked: _Asked, shared: Shared | None, max_age_s: float) -> bool:
    async def read() -> bool:
        resource, _, sub = asked.resource.partition("/")
        attributes = {"namespace": asked.namespace, "group": asked.group, "resource": resource, "subresource": sub, "verb": asked.verb}
        kind = resources.SELF_SUBJECT_ACCESS_REVIEWS
        answer = await cluster.create(kind, _typed(kind, {"metadata": {}, "spec": {"resourceAttributes": attributes}}))
        return bool((answer.get("status") or {}).get("allowed"))

    return await shared.get(cluster, asked, read, max_age_s=max_age_s) if shared else await read()


def _typed(kind: ResourceType, body: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": kind.api_version, "kind": kind.kind, **body}


def _grouped(lacking: Iterable[_Asked]) -> tuple[Missing, ...]:
    verbs: dict[tuple[str, str, str], list[str]] = {}
    for item in lacking:
        verbs.setdefault((item.namespace, item.group, item.resource), []).append(item.verb)
    return tuple(Missing(namespace, Right(group, resource, tuple(found))) for (namespace, group, resource), found in sorted(verbs.items()))


async def user(cluster: Client) -> str:
    """The name under which the cluster knows us; "" where it does not tell.

    Raises:
        KubeError: the cluster failed.
    """
    kind = _SUBJECT_REVIEWS
    try:
        answer = await cluster.create(kind, _typed(kind, {"metadata": {}}))
    except (errors.NotServed, errors.NotFound, errors.Forbidden):
        return subject(await cluster.access.token() or "")
    return str(((answer.get("status") or {}).get("userInfo") or {}).get("username") or "")


def subject(token: str) -> str:
    """The user that a service account's token names (Kubernetes before 1.28 has no other way to tell); "" for other tokens."""
    parts = token.split(".")
    if len(parts) != 3:
        return ""
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, orjson.JSONDecodeError):
        return ""
    return str(claims.get("sub") or "") if isinstance(claims, dict) else ""
