"""Waits until an API server grants what its roles say: it learns of a role, or of the end of one, some time after it was written."""

import asyncio
from collections.abc import Iterable

from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType

_REVIEWS = ResourceType("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", namespaced=False)
_PAUSE_S = 0.05
_TIMEOUT_S = 60


async def in_force(cluster: Client, namespace: str, account: str, objects: Iterable[Object]) -> None:
    """Waits until a service account may do what roles grant to it by the bindings among these objects."""
    found = list(objects)
    rules = {(item["kind"], item["metadata"]["name"]): item["rules"] for item in found if "rules" in item}
    for item in found:
        if "roleRef" in item:
            for rule in rules[item["roleRef"]["kind"], item["roleRef"]["name"]]:
                await until(cluster, f"system:serviceaccount:{namespace}:{account}", rule, space=item["metadata"].get("namespace", ""))


async def until(cluster: Client, user: str, rule: Object, *, space: str = "", allowed: bool = True) -> None:
    """Waits until a user may, or may no more, do the first thing that a rule allows, in a namespace or everywhere."""
    resource, _, sub = rule["resources"][0].partition("/")
    attributes = {"group": rule["apiGroups"][0], "resource": resource, "subresource": sub, "verb": rule["verbs"][0], "namespace": space}
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
