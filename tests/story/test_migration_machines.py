"""Given a virtual machine of KubeVirt, when its disk is copied, then it is halted before, and a rollback gives it back as it was.

KubeVirt itself is played: its kinds are there, and what it would do with the pod of a machine a story does.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kit import migrations, planes
from kit.migrations import World
from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration.volumes.workloads import VIRTUAL_MACHINES

pytestmark = pytest.mark.anyio

_INSTANCES = ResourceType("kubevirt.io", "v1", "virtualmachineinstances", "VirtualMachineInstance")


@asynccontextmanager
async def kubevirt(cluster: Client) -> AsyncIterator[None]:
    """The kinds of KubeVirt on a cluster; other stories must not find them there."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    for kind in (VIRTUAL_MACHINES, _INSTANCES):
        spec = {
            "group": kind.group,
            "scope": "Namespaced",
            "names": {"kind": kind.kind, "plural": kind.plural, "singular": kind.kind.lower(), "listKind": f"{kind.kind}List"},
            "versions": [{"name": kind.version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        }
        meta = {"name": f"{kind.plural}.{kind.group}"}
        body = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": meta, "spec": spec}
        await cluster.create(resources.CUSTOM_RESOURCE_DEFINITIONS, body)
    await planes.established(cluster)
    try:
        yield
    finally:
        for kind in (VIRTUAL_MACHINES, _INSTANCES):
            await cluster.delete(resources.CUSTOM_RESOURCE_DEFINITIONS, f"{kind.plural}.{kind.group}")


async def machine(world: World, name: str, *, disk: str) -> Object:
    """A machine that runs."""
    volumes = [{"name": "disk", "dataVolume": {"name": disk}}]
    spec = {"runStrategy": "Always", "template": {"spec": {"volumes": volumes}}}
    return await world.make(world.remote, VIRTUAL_MACHINES, name, spec=spec)


async def launcher(world: World, of: Object, *, disk: str) -> str:
    """The pod in which a machine runs; its name."""
    instance = await world.make(world.remote, _INSTANCES, of["metadata"]["name"], metadata={"ownerReferences": [_owner(of)]})
    container = {"name": "compute", "image": "registry.example/launcher:1"}
    spec = {"containers": [container], "volumes": [{"name": "disk", "persistentVolumeClaim": {"claimName": disk}}]}
    name = f"virt-launcher-{of['metadata']['name']}"
    await world.make(world.remote, resources.PODS, name, metadata={"ownerReferences": [_owner(instance)]}, spec=spec)
    return name


def _owner(item: Object) -> Object:
    meta = item["metadata"]
    return {"apiVersion": item["apiVersion"], "kind": item["kind"], "name": meta["name"], "uid": meta["uid"], "controller": True}


async def test_a_machine_is_halted_before_its_disk_is_copied_and_a_rollback_starts_it_again(host: Client, remote: Client) -> None:
    """Nothing is copied while it still runs; a machine with other disks is not touched."""
    async with migrations.stage(host, remote) as world, kubevirt(remote):
        await world.volume("disk-a")
        running, other = await machine(world, "a", disk="disk-a"), await machine(world, "b", disk="disk-b")
        pod = await launcher(world, running, disk="disk-a")
        await world.declare(volumes=["disk-a"])
        await world.migrate("final", quiescePods=True)
        async with migrations.running(world):
            await world.until(remote, VIRTUAL_MACHINES, "a", lambda item: item["spec"]["runStrategy"] == "Halted", namespace=world.app)
            await world.until_phase("final", "EnsureSrcQuiesced")
            assert {migrations.word(item) for item in await world.list(remote, resources.BACKUPS)} == {"initial"}
            await remote.delete(resources.PODS, pod, namespace=world.app)
            over = await world.until_over("final")
            assert planes.found(over).keys() == {"Succeeded", "Ready"}
            halted = await remote.get(VIRTUAL_MACHINES, "a", namespace=world.app)
            marks = halted["metadata"]["annotations"]
            assert (marks[names.VM_RUN_STRATEGY], marks[names.START_VM]) == ("Always", "true")
            assert await remote.get(VIRTUAL_MACHINES, "b", namespace=world.app) == other
            await world.migrate("back", rollback=True)
            assert planes.found(await world.until_over("back")).keys() == {"Succeeded", "Ready"}
        again = await remote.get(VIRTUAL_MACHINES, "a", namespace=world.app)
    assert again["spec"] == running["spec"]
    assert not again["metadata"].get("annotations")
