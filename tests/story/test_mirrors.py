"""Given collections that change, when steps read them through mirrors, then they see what is there, and what they read wakes them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from kit import planes
from mtc.kube import access, mirrors, resources
from mtc.kube.client import Client, Object
from mtc.kube.mirror import Follower, Shape
from mtc.kube.mirrors import Mirrors
from mtc.kube.reading import Reader, Readings, labels
from mtc.kube.resources import ResourceType
from mtc.kube.served import ServedKinds

pytestmark = pytest.mark.anyio

_SHAPES = {
    resources.CONFIG_MAPS: Shape(indices={"labels": labels}, mark=lambda item: [item.get("data"), item["metadata"].get("labels")]),
    resources.SECRETS: Shape(indices={"labels": labels}, mark=lambda item: item.get("data"), selectors=("kept=a,and=x", "kept=b")),
}
_ROLES = ResourceType("rbac.authorization.k8s.io", "v1", "roles", "Role")
_BINDINGS = ResourceType("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding")


class Step:
    """Somebody who reads and is woken."""

    def __init__(self, name: str, served: ServedKinds) -> None:
        self.woken = asyncio.Event()
        self._readings = Readings(served, Follower(name, lambda *_: self.woken.set()))

    def of(self, cluster: Client) -> Reader:
        """Its reader."""
        return self._readings.of(cluster)

    @property
    def again_s(self) -> float | None:
        """When to look again at the latest."""
        return self._readings.again_s

    def ends(self) -> None:
        """From here on it depends on what it has read, and waits."""
        self._readings.mirrors.follow(self._readings.follower, self._readings.topics)
        self.woken.clear()

    async def wakes(self) -> None:
        """Waits until something of it has changed."""
        async with asyncio.timeout(20):
            await self.woken.wait()
        self.woken.clear()


@asynccontextmanager
async def steps(*names: str) -> AsyncIterator[list[Step]]:
    """Steps over mirrors of their own."""
    shared = Mirrors(_SHAPES)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(shared.run())
        await asyncio.sleep(0)
        served = ServedKinds(shared)
        yield [Step(name, served) for name in names]
        serving.cancel()


def config_map(name: str, namespace: str, **content: Any) -> Object:
    """A ConfigMap."""
    found = content.pop("labels", {})
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace, "labels": found}, **content}


async def test_a_change_wakes_those_who_read_it_and_nobody_else(host: Client) -> None:
    """By name, by label and by namespace; a change that does not matter, and one of another object, wake nobody."""
    await planes.make_namespace(host, "mirrors-1")
    kind = resources.CONFIG_MAPS
    await host.create(kind, config_map("a", "mirrors-1", labels={"of": "a"}, data={"x": "1"}))
    await host.create(kind, config_map("b", "mirrors-1", labels={"of": "b"}, data={"x": "1"}))
    async with steps("name", "label", "namespace", "b") as (by_name, by_label, by_namespace, other):
        found = await by_name.of(host).find(kind, "a", namespace="mirrors-1")
        assert found is not None
        assert found["data"] == {"x": "1"}
        listed = await by_label.of(host).list_all(kind, namespace="mirrors-1", label_selector="of=a")
        assert [item["metadata"]["name"] for item in listed] == ["a"]
        assert {"a", "b"} <= {item["metadata"]["name"] for item in await by_namespace.of(host).list_all(kind, namespace="mirrors-1")}
        assert await other.of(host).find(kind, "b", namespace="mirrors-1") is not None
        for step in (by_name, by_label, by_namespace, other):
            step.ends()
        await host.patch(kind, "a", {"metadata": {"annotations": {"irrelevant": "yes"}}}, namespace="mirrors-1")
        await host.patch(kind, "b", {"data": {"x": "2"}}, namespace="mirrors-1")
        await asyncio.gather(other.wakes(), by_namespace.wakes())
        # Events come in their order: had the change of `a` mattered, it would have woken its readers by now.
        assert not by_name.woken.is_set()
        assert not by_label.woken.is_set()
        await host.delete(kind, "a", namespace="mirrors-1")
        await asyncio.gather(by_name.wakes(), by_label.wakes(), by_namespace.wakes())
        assert not other.woken.is_set()
        assert await by_name.of(host).find(kind, "a", namespace="mirrors-1") is None


def secret(name: str, namespace: str, **found: str) -> Object:
    """A Secret with labels."""
    return {"metadata": {"name": name, "namespace": namespace, "labels": found}, "stringData": {"x": "1"}}


async def test_what_labels_keep_apart_are_collections_of_their_own(host: Client) -> None:
    """Each is read and followed for itself, other labels narrow it; what is kept in none of them is asked of the server."""
    await planes.make_namespace(host, "mirrors-2")
    kind = resources.SECRETS
    labelled = {"a": {"kept": "a", "and": "x"}, "a2": {"kept": "a", "and": "x", "more": "y"}, "b": {"kept": "b"}, "c": {"kept": "c"}}
    for name, found in labelled.items():
        await host.create(kind, secret(name, "mirrors-2", **found))

    async def listed(step: Step, selector: str) -> list[str]:
        found = await step.of(host).list_all(kind, namespace="mirrors-2", label_selector=selector)
        return sorted(item["metadata"]["name"] for item in found)

    async with steps("a", "more", "b", "c") as (a, more, b, c):
        assert await listed(a, "and=x,kept=a") == ["a", "a2"]
        assert await listed(more, "kept=a,and=x,more=y") == ["a2"]
        assert await listed(b, "kept=b") == ["b"]
        assert await listed(c, "kept=c") == ["c"]
        assert await listed(c, "kept=a") == ["a", "a2"]
        assert await listed(c, "") == ["a", "a2", "b", "c"]
        for step in (a, more, b, c):
            step.ends()
        await host.patch(kind, "c", {"stringData": {"x": "2"}}, namespace="mirrors-2")
        await host.patch(kind, "a", {"stringData": {"x": "2"}}, namespace="mirrors-2")
        await a.wakes()
        await host.patch(kind, "b", {"stringData": {"x": "2"}}, namespace="mirrors-2")
        await b.wakes()
        assert not more.woken.is_set()
        assert not c.woken.is_set()
        await host.patch(kind, "a2", {"stringData": {"x": "2"}}, namespace="mirrors-2")
        await asyncio.gather(a.wakes(), more.wakes())
        assert not b.woken.is_set()


async def test_a_kind_that_is_not_served_is_empty_and_its_appearance_wakes(host: Client) -> None:
    """Nothing is tried again and again for it; once its definition is there, its objects are read."""
    kind = ResourceType("mirrors.example.com", "v1", "things", "Thing")
    async with steps("one") as (step,):
        assert await step.of(host).list_all(kind, namespace="default") == []
        step.ends()
        await host.create(resources.CUSTOM_RESOURCE_DEFINITIONS, _definition(kind))
        await planes.established(host)
        await host.create(kind, {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": "x", "namespace": "default"}})
        await step.wakes()
        async with asyncio.timeout(20):
            while not await step.of(host).list_all(kind, namespace="default"):
                # What a cluster serves is not settled yet: the reader says how soon to look again.
                assert step.again_s is not None
                await asyncio.sleep(0.2)
        await host.delete(resources.CUSTOM_RESOURCE_DEFINITIONS, f"{kind.plural}.{kind.group}")


def _definition(kind: ResourceType) -> Object:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{kind.group}"},
        "spec": {
            "group": kind.group,
            "scope": "Namespaced",
            "names": {"plural": kind.plural, "singular": "thing", "kind": kind.kind, "listKind": "ThingList"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}],
        },
    }


@pytest.mark.parametrize("may", ["everywhere", "in each namespace"])
async def test_many_namespaces_are_read_with_the_rights_there_are(host: Client, may: str) -> None:
    """Beyond a number of namespaces one watch serves all, where the token may have it; objects and changes are the same."""
    names = [f"mirrors-{may.replace(' ', '-')}-{number}" for number in range(mirrors.NAMESPACES_AT_MOST + 3)]
    for name in names:
        await planes.make_namespace(host, name)
        await host.create(resources.CONFIG_MAPS, config_map("mine", name, data={"in": name}))
    if may == "everywhere":
        token = await planes.token(host, names[0], "reader", may="cluster-admin")
    else:
        token = await planes.token(host, names[0], "reader")
        for name in names:
            await _allow(host, name, account=("reader", names[0]))
    way = access.from_token(host.access.server, token, insecure=True)
    async with Client(way, name="host") as cluster, steps("one") as (step,):
        for name in names:
            found = await step.of(cluster).find(resources.CONFIG_MAPS, "mine", namespace=name)
            assert found is not None
            assert found["data"] == {"in": name}
            assert {item["metadata"]["namespace"] for item in await step.of(cluster).list_all(resources.CONFIG_MAPS, namespace=name)} == {
                name
            }
        step.ends()
        await host.patch(resources.CONFIG_MAPS, "mine", {"data": {"in": "changed"}}, namespace=names[-1])
        await step.wakes()
        found = await step.of(cluster).find(resources.CONFIG_MAPS, "mine", namespace=names[-1])
        assert found is not None
        assert found["data"] == {"in": "changed"}


async def _allow(cluster: Client, namespace: str, *, account: tuple[str, str]) -> None:
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"]}]
    group = _ROLES.group
    meta = {"name": "reader", "namespace": namespace}
    await cluster.create(_ROLES, {"apiVersion": _ROLES.api_version, "kind": "Role", "metadata": meta, "rules": rules})
    binding = {
        "apiVersion": _BINDINGS.api_version,
        "kind": "RoleBinding",
        "metadata": meta,
        "roleRef": {"apiGroup": group, "kind": "Role", "name": "reader"},
        "subjects": [{"kind": "ServiceAccount", "name": account[0], "namespace": account[1]}],
    }
    await cluster.create(_BINDINGS, binding)
