"""State that moves alone: between two clusters under another name, and to another storage class inside one."""

import asyncio
from pathlib import Path
from typing import Any

from kit import apps, labs, planes
from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Client, Object


async def until_plan(lab: labs.Lab, name: str, volumes: int) -> list[Object]:
    """The volumes of a plan, as soon as there are so many."""

    def complete(plan: Object) -> bool:
        return len(plan["spec"].get("persistentVolumes") or []) == volumes and planes.found(plan).keys() >= {"PvsDiscovered"}

    plan = await lab.until(resources.MIG_PLANS, name, complete)
    found: list[Object] = plan["spec"]["persistentVolumes"]
    return found


async def choose(lab: labs.Lab, name: str, volumes: list[Object], *, what: str) -> None:
    """Writes the choices of a person into a plan, and waits until it is ready with them and says what it is for."""
    await lab.target.patch(resources.MIG_PLANS, name, {"spec": {"persistentVolumes": volumes}}, namespace=labs.TOOLKIT)

    def taken(plan: Object) -> bool:
        entries = [(entry["pvc"]["name"], entry["selection"]) for entry in plan["spec"]["persistentVolumes"]]
        told = planes.found(plan).get("MigrationTypeIdentified", {}).get("reason")
        return planes.is_ready(plan) and told == what and entries == [(entry["pvc"]["name"], entry["selection"]) for entry in volumes]

    await lab.until(resources.MIG_PLANS, name, taken)


def plan(name: str, source: str, *namespaces: str) -> Object:
    """A plan for state: it says nothing of the way, which is through the repository."""
    spec = {
        "srcMigClusterRef": labs.reference(source),
        "destMigClusterRef": labs.reference("host"),
        "migStorageRef": labs.reference(labs.STORAGE),
        "namespaces": list(namespaces),
    }
    return labs.body(resources.MIG_PLANS, name, spec)


async def test_state_arrives_alone_and_under_another_name(lab: labs.Lab) -> None:
    """The claims and what lies on them are in the target's namespace, one of them renamed, and not one other object of the application."""
    space, to = labs.unique("state"), labs.unique("moved")
    await lab.apply(
        lab.source,
        apps.namespace(space),
        *(apps.claim(space, name) for name in ("pages", "logs")),
        apps.deployment(space, "web", lab.image, claims=["pages", "logs"]),
        *apps.settings(space, 2),
    )
    await lab.until_running(lab.source, space)
    for name, folder in (await lab.folders(lab.source, space)).items():
        apps.fill_odd(folder) if name == "pages" else apps.fill_few(folder, {"log": "line\n"})
    await lab.apply(lab.target, plan(space, "remote", f"{space}:{to}"))
    volumes = await until_plan(lab, space, 2)
    for entry in volumes:
        entry["pvc"]["name"] = {"pages": "pages:pages-imported"}.get(entry["pvc"]["name"], entry["pvc"]["name"])
    await choose(lab, space, volumes, what="StateMigrationPlan")
    done = await lab.migrate(space, f"{space}-state", migrateState=True)
    before = await lab.contents(lab.source, space)
    assert labs.succeeded(done), done["status"]
    before["pages-imported"] = before.pop("pages")
    assert not labs.differences(before, await lab.contents(lab.target, to))
    for kind in (resources.DEPLOYMENTS, resources.PODS):
        assert await lab.target.list_all(kind, namespace=to) == []
    configs = {item["metadata"]["name"] for item in await lab.target.list_all(resources.CONFIG_MAPS, namespace=to)}
    assert not {name for name in configs if name.startswith("setting-")}


async def second_class(lab: labs.Lab, cluster: Client, folder: Path, count: int) -> str:
    """A storage class with so many volumes beside those of the lab's own class."""
    name = labs.unique("second")
    affinity: Any = None
    for item in await cluster.list_all(resources.PERSISTENT_VOLUMES):
        affinity = item["spec"].get("nodeAffinity") or affinity
    storage = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}}
    bodies: list[Object] = [storage | {"provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer"}]
    for number in range(count):
        path = folder / f"{name}-{number}"
        path.mkdir()
        path.chmod(0o777)
        spec = {
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": "4Gi"},
            "local": {"path": str(path)},
            "nodeAffinity": affinity,
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": name,
        }
        bodies.append({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": path.name}, "spec": spec})
    await lab.apply(cluster, *bodies)
    return name


async def uids(cluster: Client, space: str, app: str) -> set[str]:
    """The pods of a workload."""
    return {pod["metadata"]["uid"] for pod in await cluster.list_all(resources.PODS, namespace=space, label_selector=f"app={app}")}


async def test_storage_is_converted_and_what_does_not_use_it_runs_on(lab: labs.Lab) -> None:
    """A StatefulSet and a Deployment have volumes of the other class with the same files; a rollback gives the old ones back."""
    space, cluster = labs.unique("convert"), lab.target
    await lab.apply(
        cluster,
        apps.namespace(space),
        *(apps.claim(space, name) for name in ("pages", "aside")),
        apps.deployment(space, "web", lab.image, claims=["pages"]),
        apps.deployment(space, "bystander", lab.image, claims=["aside"]),
        apps.stateful_set(space, "db", lab.image, template="data", replicas=2, size="1Gi"),
    )
    await lab.until_running(cluster, space)
    folders = await lab.folders(cluster, space)
    for name, folder in folders.items():
        apps.fill_odd(folder) if name == "data-db-0" else apps.fill_few(folder, {name: "content\n"})
    other = await second_class(lab, cluster, next(iter(folders.values())).parent, 3)
    await lab.apply(cluster, plan(space, "host", space))
    volumes = await until_plan(lab, space, 4)
    for entry in volumes:
        if entry["pvc"]["name"].startswith("aside"):
            entry["selection"]["action"] = "skip"
        else:
            entry["selection"]["storageClass"] = other
    await choose(lab, space, volumes, what="StorageConversionPlan")
    aside = await uids(cluster, space, "bystander")
    done = await lab.migrate(space, f"{space}-there", migrateState=True)
    assert labs.succeeded(done), done["status"]
    await lab.until_running(cluster, space)
    new = {entry["pvc"]["name"].partition(":")[0]: entry["pvc"]["name"].partition(":")[2] for entry in volumes}
    contents = await lab.contents(cluster, space)
    for old in ("pages", "data-db-0", "data-db-1"):
        assert not labs.differences({old: contents[old]}, {old: contents[new[old]]})
    claims = {item["metadata"]["name"]: item for item in await cluster.list_all(resources.PERSISTENT_VOLUME_CLAIMS, namespace=space)}
    assert {claims[name]["spec"]["storageClassName"] for name in (new["pages"], new["data-db-0"], new["data-db-1"])} == {other}
    assert new["aside"] not in claims
    mounted = {
        volume["persistentVolumeClaim"]["claimName"]
        for pod in await cluster.list_all(resources.PODS, namespace=space)
        for volume in pod["spec"]["volumes"]
        if "persistentVolumeClaim" in volume
    }
    assert mounted == {new["pages"], new["data-db-0"], new["data-db-1"], "aside"}
    db = await cluster.get(resources.STATEFUL_SETS, "db", namespace=space)
    assert db["spec"]["volumeClaimTemplates"][0]["spec"]["storageClassName"] == other
    back = await lab.migrate(space, f"{space}-back", rollback=True, quiescePods=False)
    assert labs.succeeded(back), back["status"]
    await lab.until_running(cluster, space)
    assert not labs.differences({name: contents[name] for name in folders}, await lab.contents(cluster, space))
    db = await cluster.get(resources.STATEFUL_SETS, "db", namespace=space)
    assert db["spec"]["volumeClaimTemplates"][0]["metadata"]["name"] == "data"
    assert names.CLAIM_TEMPLATES not in db["metadata"]["annotations"]
    assert await uids(cluster, space, "bystander") == aside, "what uses no converted claim was never stopped"
    await asyncio.gather(
        *(cluster.delete(resources.PERSISTENT_VOLUMES, f"{other}-{number}") for number in range(3)),
        lab.kubectl(cluster, "delete", "storageclass", other),
    )
