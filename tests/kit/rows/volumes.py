"""What can be wrong with the volumes of a MigPlan."""

from typing import Any

from kit import volumes
from kit.rows import Act, Case, Row
from kit.rows.plan import plan, row
from mtc.api import conditions
from mtc.kube import resources
from mtc.kube.client import Client, Object

ERROR, WARN = conditions.ERROR, conditions.WARN


def classes(world_namespace: str) -> tuple[str, str]:
    """Two storage classes of the installation, which the stories of others do not use."""
    return f"{world_namespace}-a", f"{world_namespace}-b"


async def make_classes(cluster: Client, world_namespace: str) -> None:
    """Makes them."""
    for name in classes(world_namespace):
        await volumes.make_class(cluster, name, f"{world_namespace}.example.org")


def _csi(case: Case) -> Object:
    return {"csi": {"driver": f"{case.world.namespace}.example.org", "volumeHandle": "a"}}


async def make_volume(case: Case, cluster: Client, name: str, source: Object | None = None, *, volume_mode: str = "Filesystem") -> None:
    """A bound claim; its volume goes with the row."""
    storage_class = classes(case.world.namespace)[0]
    await volumes.make_volume(cluster, case.name, name, source or _csi(case), storage_class=storage_class, volume_mode=volume_mode)
    case.undo.push_async_callback(cluster.delete, resources.PERSISTENT_VOLUMES, f"pv-{case.name}-{name}")
    case.undo.push_async_callback(cluster.delete, resources.PERSISTENT_VOLUME_CLAIMS, name, namespace=case.name)


async def one_volume(case: Case, source: Object | None = None) -> None:
    """A plan with a volume that is copied to a class of its provisioner."""
    await case.namespace(case.remote)
    await make_volume(case, case.remote, "data", source)
    await plan(case)
    await case.until(lambda item: len(item["spec"].get("persistentVolumes") or []) == 1)


async def gluster_volume(case: Case) -> None:
    """A plan with a volume on GlusterFS that is left behind."""
    await one_volume(case, {"glusterfs": {"endpoints": "gluster", "path": "vol"}})
    await choose(action="skip")(case)


async def converted(case: Case) -> None:
    """A plan that converts two volumes of the host."""
    await case.namespace(case.host)
    for name in ("data", "more"):
        await make_volume(case, case.host, name)
    refs = {"srcMigClusterRef": case.ref("host"), "destMigClusterRef": case.ref("host")}
    await case.make(resources.MIG_PLANS, spec=refs | {"namespaces": [case.name]})
    await case.world.until(resources.MIG_PLANS, case.name, lambda item: len(item["spec"].get("persistentVolumes") or []) == 2)


async def second_volume(case: Case) -> None:
    """One more volume."""
    await make_volume(case, case.remote, "more")


async def lose_volume(case: Case) -> None:
    """The volume is deleted under its claim, whatever protects it."""
    name = f"pv-{case.name}-data"
    await case.remote.delete(resources.PERSISTENT_VOLUMES, name)
    await case.remote.patch(resources.PERSISTENT_VOLUMES, name, {"metadata": {"finalizers": None}})


async def delete_claim(case: Case) -> None:
    """The claim goes too."""
    await case.remote.delete(resources.PERSISTENT_VOLUME_CLAIMS, "data", namespace=case.name)


async def device(case: Case) -> None:
    """A plan with a block device that is left behind."""
    await case.namespace(case.remote)
    await make_volume(case, case.remote, "data", volume_mode="Block")
    await plan(case)
    item = await case.until(lambda item: len(item["spec"].get("persistentVolumes") or []) == 1)
    assert item["spec"]["persistentVolumes"][0]["supported"] == {"actions": ["skip"], "copyMethods": []}
    await choose(action="skip")(case)


def choose(claim: str = "", **selection: Any) -> Act:
    """Chooses for the volume of a claim, or for all."""

    async def act(case: Case) -> None:
        entries = (await case.read())["spec"]["persistentVolumes"]
        for entry in entries:
            if claim in {"", _source(entry)}:
                entry["selection"] |= selection
        await case.spec(persistentVolumes=entries)

    return act


def rename(**targets: str) -> Act:
    """Gives claims other names."""

    async def act(case: Case) -> None:
        entries = (await case.read())["spec"]["persistentVolumes"]
        for entry in entries:
            source = _source(entry)
            entry["pvc"]["name"] = f"{source}:{targets.get(source, source + '-new')}"
        await case.spec(persistentVolumes=entries)

    return act


def _source(entry: Object) -> str:
    return str(entry["pvc"]["name"]).partition(":")[0]


def chosen(type_: str, reason: str = "", *, category: str = ERROR, wrong: dict[str, Any], right: dict[str, Any]) -> Row:
    """A choice that is wrong, and then right."""
    return row(type_, reason, category=category, declare=one_volume, cause=choose(**wrong), cure=choose(**right))


async def right_class(case: Case) -> None:
    """A class that the target has."""
    await choose(storageClass=classes(case.world.namespace)[1])(case)


COPY = {"copyMethod": "filesystem"}

ROWS = (
    row(
        conditions.PV_LIMIT_EXCEEDED,
        conditions.LIMIT_EXCEEDED,
        category=WARN,
        declare=one_volume,
        cause=second_volume,
        cure=choose("more", action="skip"),
    ),
    chosen(conditions.PV_INVALID_ACTION, conditions.NOT_DONE, wrong={"action": "move"}, right={"action": "copy"}),
    row(
        conditions.PV_INVALID_ACTION,
        conditions.NOT_DONE,
        category=ERROR,
        declare=device,
        cause=choose(action="copy", copyMethod="block"),
        cure=choose(action="skip"),
    ),
    row(conditions.PV_NO_SUPPORTED_ACTION, category=WARN, declare=one_volume, cause=lose_volume, cure=delete_claim),
    row(
        conditions.PV_INVALID_STORAGE_CLASS,
        conditions.NOT_DONE,
        category=ERROR,
        declare=one_volume,
        cause=choose(storageClass="absent"),
        cure=right_class,
    ),
    chosen(conditions.PV_INVALID_ACCESS_MODE, wrong={"accessMode": "Sometimes"}, right={"accessMode": "ReadWriteOnce"}),
    row(
        conditions.PV_NO_STORAGE_CLASS_SELECTION,
        conditions.NOT_FOUND,
        category=WARN,
        declare=one_volume,
        cause=choose(storageClass=""),
        cure=right_class,
    ),
    chosen(
        conditions.PV_ACCESS_MODE_UNAVAILABLE,
        category=WARN,
        wrong={"accessMode": "ReadWriteMany"},
        right={"accessMode": "auto"},
    ),
    chosen(conditions.PV_NO_COPY_METHOD_SELECTION, conditions.NOT_FOUND, wrong={"copyMethod": ""}, right=COPY),
    chosen(conditions.PV_INVALID_COPY_METHOD, wrong={"copyMethod": "carrier-pigeon"}, right=COPY),
    chosen(conditions.PV_COPY_METHOD_UNFIT, conditions.NOT_SUPPORTED, category=WARN, wrong={"copyMethod": "block"}, right=COPY),
    chosen(conditions.PV_COPY_METHOD_SNAPSHOT, category=WARN, wrong={"copyMethod": "snapshot"}, right=COPY),
    row(
        conditions.PV_NO_CEPH_AVAILABLE,
        category=WARN,
        declare=gluster_volume,
        cause=choose(action="copy"),
        cure=choose(action="skip"),
    ),
    row(
        conditions.PV_NAME_CONFLICT,
        category=ERROR,
        declare=converted,
        cause=rename(data="same", more="same"),
        cure=rename(),
    ),
    row(
        conditions.STORAGE_CLASS_CONVERSION_UNAVAILABLE,
        category=conditions.CRITICAL,
        declare=converted,
        cause=choose(action="skip"),
        cure=choose(action="copy"),
    ),
)
