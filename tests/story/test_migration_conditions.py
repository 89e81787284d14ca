"""Given a migration, when something on its way is not as it should be, then a condition says so."""

import pytest

from kit import migrations, planes
from mtc.api import base, conditions, names
from mtc.kube import resources
from mtc.kube.client import Client
from mtc.migration.runner import utc_now

pytestmark = pytest.mark.anyio


async def test_each_of_the_four_can_fail_in_part(host: Client, remote: Client) -> None:
    """Both Backups and both Restores; all volumes arrived, so the migration ends with warnings."""
    wanted = {
        conditions.VELERO_INITIAL_BACKUP_PARTIALLY_FAILED,
        conditions.VELERO_STAGE_BACKUP_PARTIALLY_FAILED,
        conditions.VELERO_STAGE_RESTORE_PARTIALLY_FAILED,
        conditions.VELERO_FINAL_RESTORE_PARTIALLY_FAILED,
    }
    async with migrations.stage(host, remote) as world:
        await world.volume("data")
        await world.declare(volumes=["data"])
        world.engine.ends |= dict.fromkeys(("initial", "stage", "final"), "PartiallyFailed")
        await world.migrate("partly")
        async with migrations.running(world):
            over = await world.until_over("partly")
    found = planes.found(over)
    assert found.keys() == wanted | {conditions.SUCCEEDED_WITH_WARNINGS, conditions.READY}
    assert all(found[type_]["category"] == conditions.WARN and found[type_]["durable"] for type_ in wanted)


async def test_what_the_engine_counted_on_its_restore_is_told(host: Client, remote: Client) -> None:
    """Volumes with errors, and volumes that differ from their source: the figures stand in annotations of the Restore."""
    async with migrations.stage(host, remote) as world:
        await world.volume("data")
        await world.declare(volumes=["data"])
        world.engine.notes["stage"] = {names.PVR_ERROR_COUNT: "2", names.PVR_VERIFY_ERROR_COUNT: "1"}
        await world.migrate("counted")
        async with migrations.running(world):
            over = await world.until_over("counted")
    found = planes.found(over)
    assert found[conditions.RESTIC_ERRORS]["message"].startswith("2 volume restore(s)")
    assert found[conditions.RESTIC_VERIFY_ERRORS]["message"].startswith("1 volume restore(s)")
    assert conditions.SUCCEEDED_WITH_WARNINGS in found


async def test_pods_that_hold_volumes_are_counted_while_they_are_there(host: Client, remote: Client) -> None:
    """A volume that nothing mounts gets a pod of its own, which is gone in the end and its condition with it."""
    async with migrations.stage(host, remote) as world:
        await world.volume("data")
        await world.declare(volumes=["data"])
        await world.migrate("held")
        async with migrations.running(world):
            seen = await world.until_shows("held", conditions.STAGE_PODS_CREATED)
            over = await world.until_over("held")
    assert planes.found(seen)[conditions.STAGE_PODS_CREATED]["message"].startswith("1 stage pods")
    assert conditions.STAGE_PODS_CREATED not in planes.found(over)


async def test_pods_that_do_not_run_on_the_target_are_told(host: Client, remote: Client) -> None:
    """With `verify`, a broken pod on the target is a warning at the end, and stands in status.namespaces."""
    async with migrations.stage(host, remote) as world:
        await world.declare(volumes=[])
        await planes.make_namespace(host, world.app)
        await world.until(host, resources.SERVICE_ACCOUNTS, "default", bool, namespace=world.app)
        await world.make(host, resources.PODS, "broken", spec={"containers": [{"name": "c", "image": "i"}]})
        await host.patch(resources.PODS, "broken", {"status": {"phase": "Failed"}}, namespace=world.app, subresource="status")
        await world.migrate("verified", verify=True)
        async with migrations.running(world):
            over = await world.until_over("verified")
    found = planes.found(over)[conditions.UNHEALTHY_NAMESPACES]
    assert (found["reason"], found["items"]) == (conditions.ERRORS_DETECTED, [world.app])
    [namespace] = over["status"]["namespaces"]
    assert namespace["workloads"] == [{"name": "Pod/broken", "resources": ["Pod/broken"]}]


async def test_what_an_earlier_migration_left_unfinished_is_deleted_and_told(host: Client, remote: Client) -> None:
    """Backups, Restores and volume objects of a migration that is gone; the conditions about the engine go when it is back."""
    async with migrations.stage(host, remote) as world:
        await world.declare(volumes=[])
        labels = {names.MIGRATED_BY_MIGMIGRATION: "3a1c0f2e-0000-4000-8000-000000000000"}
        left = {"status": {"phase": "InProgress", "startTimestamp": base.format_time(utc_now())}, "metadata": {"labels": labels}}
        storage = {"storageLocation": "repo-abcde"}
        await world.make(remote, resources.BACKUPS, "old-initial-x", namespace=world.namespace, spec=storage, **left)
        await world.make(host, resources.RESTORES, "old-final-x", namespace=world.namespace, spec={"backupName": "old-initial-x"}, **left)
        volume = {
            "node": "n",
            "pod": {"kind": "Pod", "namespace": world.app, "name": "web", "uid": "u"},
            "volume": "v",
            "backupStorageLocation": "repo-abcde",
            "repoIdentifier": "r",
        }
        await world.make(remote, resources.POD_VOLUME_BACKUPS, "old-v", namespace=world.namespace, spec=volume, **left)
        # The engine on the source takes its time to come back.
        engine = {"metadata": {"labels": {names.COMPONENT: names.VELERO_NAME}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
        await world.until(remote, resources.SERVICE_ACCOUNTS, "default", bool, namespace=world.namespace)
        await world.make(remote, resources.PODS, "velero", namespace=world.namespace, **engine)
        await world.migrate("fresh", stage=True)
        async with migrations.running(world):
            seen = await world.until_shows("fresh", conditions.STALE_SOURCE_VELERO_CRS_DELETED)
            await remote.delete(resources.PODS, "velero", namespace=world.namespace, grace_s=0)
            over = await world.until_over("fresh")
        assert await world.list(host, resources.RESTORES) == []
    gone = {conditions.STALE_SOURCE_VELERO_CRS_DELETED, conditions.STALE_DESTINATION_VELERO_CRS_DELETED}
    assert gone <= planes.found(seen).keys()
    assert not gone & planes.found(over).keys()
    assert conditions.STALE_RESTIC_CRS_DELETED in planes.found(over)


async def test_a_wait_that_cannot_end_by_itself_is_told_until_it_goes_on(host: Client, remote: Client) -> None:
    """An engine without a pod that runs: the migration says so at once, and goes on when the engine is back."""
    async with migrations.stage(host, remote) as world:
        await world.declare(volumes=[])
        labels = {"app": "velero"}
        pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "velero", "image": "registry.example/mtc:1"}]}}
        engine = {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod}
        await world.make(remote, resources.DEPLOYMENTS, names.VELERO_NAME, namespace=world.namespace, spec=engine)
        world.engine.holds.add("initial")
        await world.migrate("waiting")
        async with migrations.running(world):
            seen = await world.until_shows("waiting", conditions.STALLED)
            await remote.delete(resources.DEPLOYMENTS, names.VELERO_NAME, namespace=world.namespace)
            world.engine.holds.clear()
            [backup] = await world.list(remote, resources.BACKUPS)
            touch = {"metadata": {"annotations": {"touched": "by the engine"}}}
            await remote.patch(resources.BACKUPS, backup["metadata"]["name"], touch, namespace=world.namespace)
            over = await world.until_over("waiting")
    found = planes.found(seen)
    assert found[conditions.STALLED]["category"] == conditions.WARN
    assert "has no available pod" in found[conditions.STALLED]["message"]
    assert conditions.RUNNING in found
    assert planes.found(over).keys() == {conditions.SUCCEEDED, conditions.READY}
