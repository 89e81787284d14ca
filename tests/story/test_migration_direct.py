"""Given a plan that copies volumes straight from cluster to cluster, when it is migrated, then a DirectVolumeMigration does it."""

import contextlib
from pathlib import Path
from typing import Any

import pytest

from kit import migrations, planes
from kit.migrations import World
from kit.transfers import DVM, PROGRESS, now
from mtc.api import conditions, names
from mtc.api.proof import VolumeAnswer
from mtc.kube import errors, resources
from mtc.kube.client import Client, Object

pytestmark = pytest.mark.anyio


async def settle(world: World) -> None:
    """An application with a volume, and its plan."""
    await world.volume("data")
    await world.deployment("web", claims=["data"])
    await world.declare(volumes=["data"], mapping=f"{world.app}-new", indirectVolumeMigration=False)


async def copy_of(world: World) -> Object:
    """The direct copy, as soon as it is there."""
    return (await planes.World(world.host, world.remote, world.namespace).until_list(DVM, bool, cluster=world.host, timeout_s=60))[0]


async def says(world: World, item: Object, *found: dict[str, Any], **status: Any) -> None:
    """The copy has this status: as the controller of direct copies would write it."""
    filled = [{"status": "True", "reason": "", "lastTransitionTime": now(), **entry} for entry in found]
    body = {"status": {"itinerary": "VolumeMigration", "conditions": filled, **status}}
    await world.host.patch(DVM, item["metadata"]["name"], body, namespace=world.namespace)


def condition(type_: str, category: str, message: str) -> dict[str, Any]:
    """A condition of the copy."""
    return {"type": type_, "category": category, "message": message}


DONE = condition(conditions.SUCCEEDED, conditions.ADVISORY, "The copy of volumes has been done.")


async def test_a_copy_that_waits_for_something_is_told_until_it_goes_on(host: Client, remote: Client) -> None:
    """DirectVolumeMigrationBlocked repeats its warnings; then the migration has made one Backup and one Restore, and no stage pods."""
    async with migrations.stage(host, remote) as world:
        await settle(world)
        await world.migrate("direct", quiescePods=True)
        async with migrations.running(world):
            item = await copy_of(world)
            await says(world, item, condition(conditions.RSYNC_TRANSFER_PODS_PENDING, conditions.WARN, "Pods do not run."), phase="Started")
            seen = await world.until_shows("direct", conditions.DIRECT_VOLUME_MIGRATION_BLOCKED)
            blocked = planes.found(seen)[conditions.DIRECT_VOLUME_MIGRATION_BLOCKED]
            assert (blocked["category"], blocked["reason"]) == (conditions.WARN, conditions.NOT_READY)
            assert "Pods do not run." in blocked["message"]
            await says(world, item, phase="RunRsyncOperations", phaseDescription="Copying the data of the volumes.")
            await world.until(
                host, resources.MIG_MIGRATIONS, "direct", planes.lacks(conditions.DIRECT_VOLUME_MIGRATION_BLOCKED), timeout_s=30
            )
            await compared(world, item, differences=0)
            await says(world, item, DONE, phase="Completed")
            over = await world.until_over("direct")
        assert planes.found(over).keys() == {conditions.SUCCEEDED, conditions.READY}
        assert over["status"]["proof"]["volumes"]["equal"] == 1
        assert [len(await world.list(cluster, kind)) for cluster, kind in ((remote, resources.BACKUPS), (host, resources.RESTORES))] == [
            1,
            1,
        ]
    spec = item["spec"]
    assert (spec["migrationType"], spec["createDestinationNamespaces"]) == ("CutOver", True)
    (claim,) = spec["persistentVolumeClaims"]
    assert (claim["name"], claim["targetNamespace"], claim["targetStorageClass"]) == ("data", f"{world.app}-new", "fast")
    assert claim["targetAccessModes"] == ["ReadWriteOnce"]
    assert item["metadata"]["labels"][names.DIRECT_VOLUME] == over["metadata"]["uid"]


async def compared(world: World, item: Object, *, differences: int) -> None:
    """What the sender of the volume has found."""
    answer = VolumeAnswer(compared=True, claim=f"{world.app}-new/data", files=3, content_bytes=10, differences=differences)
    labels = names.correlation_labels("DirectVolumeMigration", item["metadata"]["uid"])
    meta = {"labels": labels, "annotations": {names.PVC_NAME: f"{world.app}/data"}}
    status = {"proof": answer.model_dump(mode="json"), "phase": "Succeeded"}
    await world.make(
        world.host, PROGRESS, f"{item['metadata']['name']}-data", namespace=world.namespace, metadata=meta, spec={}, status=status
    )


async def test_a_copy_that_fails_fails_the_migration(host: Client, remote: Client) -> None:
    """DirectVolumeMigrationFailed names it, its errors are those of the migration, and nothing of the application is begun on the target."""
    async with migrations.stage(host, remote) as world:
        await settle(world)
        await world.migrate("direct", quiescePods=True)
        async with migrations.running(world):
            item = await copy_of(world)
            failed = condition(conditions.FAILED, conditions.WARN, "The copy of volumes has failed.")
            await says(world, item, failed, phase="Completed", errors=["Namespace other is being deleted."])
            over = await world.until_over("direct")
        found = planes.found(over)
        assert found[conditions.DIRECT_VOLUME_MIGRATION_FAILED]["category"] == conditions.WARN
        assert item["metadata"]["name"] in found[conditions.DIRECT_VOLUME_MIGRATION_FAILED]["message"]
        assert found[conditions.FAILED]["reason"] == "WaitForDirectVolumeMigrationToComplete"
        assert "Namespace other is being deleted." in over["status"]["errors"]
        assert not await world.list(host, resources.RESTORES)
        # Another try copies again, and knows of no failure any more.
        body = {"metadata": {"annotations": {names.RETRY: "1"}}}
        await host.patch(resources.MIG_MIGRATIONS, "direct", body, namespace=world.namespace)
        async with migrations.running(world):
            again = await another(world, item)
            await says(world, again, DONE, phase="Completed")
            over = await world.until_over("direct")
        assert conditions.DIRECT_VOLUME_MIGRATION_FAILED not in planes.found(over)
        assert conditions.FAILED not in planes.found(over)


@pytest.mark.parametrize("lost", [False, True], ids=["kept", "lost"])
async def test_another_try_copies_again_only_what_is_not_there(host: Client, remote: Client, tmp_path: Path, *, lost: bool) -> None:
    """The objects did not arrive: the copy of the first try counts as long as the claims that it has filled are there."""
    async with migrations.stage(host, remote) as world:
        world.bucket = tmp_path
        await settle(world)
        world.engine.ends["final"] = "Failed"
        await world.migrate("direct", quiescePods=True)
        async with migrations.running(world):
            item = await copy_of(world)
            filled = await filled_claim(world)
            await compared(world, item, differences=0)
            await says(world, item, DONE, phase="Completed", filledClaims=[filled])
            over = await world.until_over("direct")
            assert planes.found(over)[conditions.FAILED]["reason"] == "FinalRestoreCreated"
            world.engine.ends.clear()
            if lost:
                space = f"{world.app}-new"
                await host.patch(resources.PERSISTENT_VOLUME_CLAIMS, "data", {"metadata": {"finalizers": None}}, namespace=space)
                await host.delete(resources.PERSISTENT_VOLUME_CLAIMS, "data", namespace=space, grace_s=0)
            body = {"metadata": {"annotations": {names.RETRY: "1"}}}
            await host.patch(resources.MIG_MIGRATIONS, "direct", body, namespace=world.namespace)
            if lost:
                again = await another(world, item)
                await says(world, again, DONE, phase="Completed", filledClaims=[await filled_claim(world)])
            await world.until(host, resources.MIG_MIGRATIONS, "direct", planes.shows(conditions.SUCCEEDED), timeout_s=60)
        over = await host.get(resources.MIG_MIGRATIONS, "direct", namespace=world.namespace)
        assert len(await world.list(host, DVM)) == (2 if lost else 1)
    key = f"DirectVolumeMigration/{item['metadata']['name']}"
    assert (key in over["status"]["retry"]["reused"]) is not lost
    assert ("CreateDirectVolumeMigrationFinal" in over["status"]["retry"]["passed"]) is not lost


async def filled_claim(world: World) -> dict[str, str]:
    """A claim of the target, as the copy names it when it has filled it."""
    space = f"{world.app}-new"
    with contextlib.suppress(errors.AlreadyExists):
        await planes.make_namespace(world.host, space)
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "", "resources": {"requests": {"storage": "1Gi"}}}
    made = await world.make(world.host, resources.PERSISTENT_VOLUME_CLAIMS, "data", namespace=space, spec=spec)
    return {"namespace": space, "name": "data", "uid": made["metadata"]["uid"]}


async def another(world: World, first: Object) -> Object:
    """A second direct copy."""
    toolkit = planes.World(world.host, world.remote, world.namespace)
    found = await toolkit.until_list(DVM, lambda items: len(items) > 1, cluster=world.host, timeout_s=60)
    return next(item for item in found if item["metadata"]["uid"] != first["metadata"]["uid"])


async def test_a_cancel_ends_the_copy(host: Client, remote: Client) -> None:
    """It is deleted, whoever does it clears its pods away, and the application is started again."""
    async with migrations.stage(host, remote) as world:
        await settle(world)
        await world.migrate("direct", quiescePods=True)
        async with migrations.running(world):
            item = await copy_of(world)
            await says(world, item, phase="RunRsyncOperations")
            await world.until_phase("direct", "WaitForDirectVolumeMigrationToComplete")
            await host.patch(resources.MIG_MIGRATIONS, "direct", {"spec": {"canceled": True}}, namespace=world.namespace)
            over = await world.until_over("direct")
        assert conditions.CANCELED in planes.found(over)
        assert not await world.list(host, DVM)
        web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
        assert web["spec"]["replicas"] == 2


async def test_a_copy_that_somebody_deletes_fails_the_migration(host: Client, remote: Client) -> None:
    """Nobody knows then what has arrived."""
    async with migrations.stage(host, remote) as world:
        await settle(world)
        await world.migrate("direct")
        async with migrations.running(world):
            item = await copy_of(world)
            await world.until_phase("direct", "WaitForDirectVolumeMigrationToComplete")
            await host.delete(DVM, item["metadata"]["name"], namespace=world.namespace)
            over = await world.until_over("direct")
    assert conditions.FAILED in planes.found(over)
    assert "deleted" in over["status"]["errors"][0]
