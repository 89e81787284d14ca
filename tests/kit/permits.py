"""Waits until an API server grants what its roles say: it learns of a role, or of the end of one, some time after it was written."""

import asyncio
import itertools
from collections.abc import Iterable, Iterator

from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType

_REVIEWS = ResourceType("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", namespaced=False)
_PARTS = ("apiGroups", "resources", "verbs")
_PAUSE_S = 0.05
_TIMEOUT_S = 60


async def in_force(cluster: Client, namespace: str, account: str, objects: Iterable[Object]) -> None:
    """Waits until a service account may do what roles grant to it by the bindings among these objects.

    A role comes into force as a whole, so that one right of each is looked at, which no other of them grants.
    """
    found = list(objects)
    rules = {(item["kind"], item["metadata"]["name"]): item["rules"] for item in found if "rules" in item}
    bound = [item for item in found if "roleRef" in item]
    for item in bound:
        space = item["metadata"].get("namespace", "")
        beside = [other for other in bound if other is not item and other["metadata"].get("namespace", "") in {"", space}]
        others = [rule for other in beside for rule in rules[_role(other)]]
        rights = (right for rule in rules[_role(item)] for right in _rights(rule))
        own = next((right for right in rights if not any(_grants(other, right) for other in others)), None)
        if own is not None:  # else it gives nothing that has to be waited for
            await until(cluster, f"system:serviceaccount:{namespace}:{account}", own, space=space)


def _role(binding: Object) -> tuple[str, str]:
    return binding["roleRef"]["kind"], binding["roleRef"]["name"]


def _rights(rule: Object) -> Iterator[Object]:
    """A rule, one right at a time."""
    for group, resource, verb in itertools.product(*(rule[key] for key in _PARTS)):
        right: Object = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
        yield right | {key: rule[key] for key in ("resourceNames",) if key in rule}


def _grants(rule: Object, right: Object) -> bool:
    return all({"*", *right[key]} & set(rule[key]) for key in _PARTS)


async def until(cluster: Client, user: str, rule: Object, *, space: str = "", allowed: bool = True) -> None:
    """Waits until a user may, or may no more, do the first thing that a rule allows, in a namespace or everywhere."""
    resource, _, sub = rule["resources"][0].partition("/")
    attributes = {
        "group": rule["apiGroups"][0],
        "resource": resource,
        "subresource": sub,
        "verb": rule["verbs"][0],
        "namespace": space,
        "name": rule.get("resourceNames", [""])[0],
    }
    body = {
        "apiVersion": _REVIEWS.api_version,
        "kind": _REVIEWS.kind,
        "metadata": {},
        "spec": {"user": user, "resourceAttributes": attributes},
    }
    async with asyncio.timeout(_TIMEOUT_S):
        while True:
            if (await cluster.create(_REVIEWS, body))["status"]["allowed"] is allowed:
                return
            await asyncio.sleep(_PAUSE_S)
