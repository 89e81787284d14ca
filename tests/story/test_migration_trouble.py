"""Given trouble on the way, when a migration meets it, then its conditions say what, where and what next, and no success is faked."""

import asyncio
import shlex

import pytest

from kit import migrations, planes, silence, ways
from kit.migrations import World
from mtc.api import names
from mtc.kube import codec, resources, watch
from mtc.kube.client import Client, Object

pytestmark = pytest.mark.anyio


async def application(world: World) -> None:
    """A Deployment with one volume, and a plan for it."""
    await world.volume("data")
    await world.deployment("web", claims=["data"])
    await world.declare(volumes=["data"])


def types(item: Object) -> set[str]:
    """The conditions of a migration."""
    return set(planes.found(item))


async def test_a_failed_backup_fails_the_migration_with_its_reason(host: Client, remote: Client) -> None:
    """The reason of the engine is in status.errors, the step is marked, and nothing of the application was stopped."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        world.engine.ends["initial"] = "Failed"
        world.engine.status["initial"] = {"failureReason": "the bucket does not exist"}
        await world.migrate("bad", quiescePods=True)
        async with migrations.running(world):
            over = await world.until_over("bad")
        web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
    status = over["status"]
    assert types(over) == {"Failed"}
    assert planes.found(over)["Failed"]["reason"] == "InitialBackupCreated"
    assert status["itinerary"] == "Failed"
    assert any("the bucket does not exist" in line and "cluster remote" in line for line in status["errors"])
    assert [step["name"] for step in status["pipeline"] if step.get("failed")] == ["Backup"]
    assert web["spec"]["replicas"] == 2


async def test_a_volume_that_was_not_saved_fails_the_migration_and_the_stopped_application_is_named(host: Client, remote: Client) -> None:
    """Although the Backup only partially failed: files would be missing. Helpers are cleaned up, the source stays stopped."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        world.engine.ends["stage"] = "PartiallyFailed"
        world.engine.volumes["data"] = "Failed"
        await world.migrate("torn", quiescePods=True)
        async with migrations.running(world):
            over = await world.until_over("torn")
        pods = await remote.list_all(resources.PODS, namespace=world.app)
        claim = await remote.get(resources.PERSISTENT_VOLUME_CLAIMS, "data", namespace=world.app)
    errors = over["status"]["errors"]
    assert types(over) == {"Failed"}
    assert any(f"PersistentVolumeClaim {world.app}/data" in line and "no space left on device" in line for line in errors)
    assert any(f"Deployment {world.app}/web" in line and "stay stopped" in line for line in errors)
    assert pods == []
    assert names.INCLUDED_IN_STAGE_BACKUP not in claim["metadata"].get("labels", {})


async def test_a_volume_that_did_not_arrive_fails_the_migration_and_names_what_is_half_made(host: Client, remote: Client) -> None:
    """The Restore says Completed, one PodVolumeRestore does not; what this migration made on the target is listed."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        world.engine.volumes["data back"] = "Failed"
        made = await world.migrate("half")
        await host.create(resources.NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": world.app}})
        label = {names.MIGRATED_BY_MIGMIGRATION: made["metadata"]["uid"]}
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        await world.make(host, resources.PERSISTENT_VOLUME_CLAIMS, "restored", metadata={"labels": label}, spec=spec)
        async with migrations.running(world):
            over = await world.until_over("half")
    errors = over["status"]["errors"]
    assert types(over) == {"Failed"}
    assert any("PodVolumeRestore" in line and "cluster host" in line for line in errors)
    assert any(f"PersistentVolumeClaim {world.app}/restored" in line and "incomplete" in line for line in errors)


async def test_objects_that_partially_failed_end_with_a_warning(host: Client, remote: Client) -> None:
    """All volumes arrived, some objects did not: the migration ends with warnings that say how to see them."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        world.engine.ends["final"] = "PartiallyFailed"
        world.engine.status["final"] = {"errors": 2}
        await world.migrate("partly", quiescePods=True)
        async with migrations.running(world):
            over = await world.until_over("partly")
    assert types(over) == {"VeleroFinalRestorePartiallyFailed", "SucceededWithWarnings", "Ready"}
    message = planes.found(over)["VeleroFinalRestorePartiallyFailed"]["message"]
    assert "2 error(s)" in message
    assert "velero restore describe" in message


async def test_a_repository_that_cannot_be_reached_fails_the_migration_before_anything_is_stopped(host: Client, remote: Client) -> None:
    """The engine's own words about the location are in status.errors."""
    async with migrations.stage(host, remote) as world:
        world.engine.location = {"phase": "Unavailable", "message": "403 InvalidAccessKeyId"}
        await application(world)
        await world.migrate("locked", quiescePods=True)
        async with migrations.running(world):
            over = await world.until_over("locked")
        web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
    assert types(over) == {"Failed"}
    assert any("403 InvalidAccessKeyId" in line and "MigStorage" in line for line in over["status"]["errors"])
    assert web["spec"]["replicas"] == 2


async def test_a_source_namespace_that_is_deleted_on_the_way_fails_the_migration(host: Client, remote: Client) -> None:
    """While the Backup of volumes is at work, its namespace goes: the migration says so and does not wait for ever."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        async with ways.copying(world, "gone"):
            await remote.delete(resources.NAMESPACES, world.app)
            over = await world.until_over("gone")
    assert types(over) == {"Failed"}
    assert any(world.app in line and "source cluster remote" in line for line in over["status"]["errors"])


async def test_a_cluster_that_is_removed_shows_within_30_seconds_and_the_migration_goes_on_when_it_is_back(
    host: Client, remote: Client
) -> None:
    """While a Backup is at work the MigCluster goes and comes back; the condition does the same."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        async with ways.copying(world, "cut-off"):
            world.clusters.gone.add("remote")
            await host.delete(resources.MIG_CLUSTERS, "remote", namespace=world.namespace)
            shown = await world.until_shows("cut-off", "ReconcileFailed")
            assert "MigCluster" in planes.found(shown)["ReconcileFailed"]["message"]
            assert "Ready" not in types(shown)
            assert "Running" in types(shown)
            world.clusters.gone.clear()
            world.engine.holds.clear()
            (backup,) = [item for item in await world.list(remote, resources.BACKUPS) if migrations.word(item) == "stage"]
            await remote.patch(resources.BACKUPS, backup["metadata"]["name"], {"status": {"phase": "Completed"}}, namespace=world.namespace)
            over = await world.until_over("cut-off")
    assert types(over) == {"Succeeded", "Ready"}


@pytest.mark.parametrize(
    ("migration", "plan", "word"),
    [
        ({"migrateState": True}, {}, "spec.migStorageRef"),
    ],
)
async def test_what_cannot_be_done_is_refused(
    host: Client, remote: Client, migration: dict[str, bool], plan: dict[str, bool], word: str
) -> None:
    """A Critical InvalidSpec names the field; no Backup is made."""
    async with migrations.stage(host, remote) as world:
        await world.declare(volumes=["data"], **plan)
        await world.migrate("wish", **migration)
        async with migrations.running(world):
            shown = await world.until_shows("wish", "InvalidSpec")
        condition = planes.found(shown)["InvalidSpec"]
        assert condition["category"] == "Critical"
        assert word in condition["message"]
        assert "Ready" not in types(shown)
        assert await world.list(remote, resources.BACKUPS) == []


async def test_a_plan_that_is_not_ready_holds_its_migrations_until_it_is(host: Client, remote: Client) -> None:
    """PlanNotReady carries the plan's own trouble and goes when the plan is ready again."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        trouble = {**migrations.ready(), "type": "StorageNotReady", "category": "Critical", "message": "the bucket is gone"}
        await host.patch(resources.MIG_PLANS, "shop", {"status": {"conditions": [trouble]}}, namespace=world.namespace)
        await world.migrate("held")
        async with migrations.running(world):
            shown = await world.until_shows("held", "PlanNotReady")
            assert "the bucket is gone" in planes.found(shown)["PlanNotReady"]["message"]
            await host.patch(resources.MIG_PLANS, "shop", {"status": {"conditions": [migrations.ready()]}}, namespace=world.namespace)
            over = await world.until_over("held")
    assert types(over) == {"Succeeded", "Ready"}


async def test_migrations_of_one_plan_run_one_after_the_other_and_a_second_final_is_refused(host: Client, remote: Client) -> None:
    """The second waits as Postponed while the first runs; after the first has succeeded it has no turn any more."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        world.engine.holds.add("final")
        await world.migrate("first")
        async with migrations.running(world):
            await world.until_phase("first", "FinalRestoreCreated")
            await world.migrate("second")
            shown = await world.until_shows("second", "Postponed")
            assert "first" in planes.found(shown)["Postponed"]["message"]
            (restore,) = [item for item in await world.list(host, resources.RESTORES) if migrations.word(item) == "final"]
            await host.patch(resources.RESTORES, restore["metadata"]["name"], {"status": {"phase": "Completed"}}, namespace=world.namespace)
            await world.until_over("first")
            await world.until_shows("second", "HasFinalMigration")


async def test_deleting_the_plan_deletes_its_migrations(host: Client, remote: Client) -> None:
    """The garbage collector follows the owner reference."""
    async with migrations.stage(host, remote) as world:
        await world.declare(volumes=[])
        await world.migrate("owned")
        async with migrations.running(world):
            await world.until_over("owned")
        await host.delete(resources.MIG_PLANS, "shop", namespace=world.namespace)
        found = planes.World(host, remote, world.namespace)
        await found.until_list(resources.MIG_MIGRATIONS, lambda items: not items, cluster=host)


async def test_a_cluster_that_hangs_under_a_phase_shows_within_30_seconds(host: Client, remote: Client) -> None:
    """The API server takes requests and answers none: the condition names the cluster, and goes when it answers again."""
    async with migrations.stage(host, remote) as world, silence.between(remote) as line:
        await application(world)
        world.clusters.remote = line.client
        async with ways.copying(world, "hung"):
            line.hold()
            shown = await world.until_shows("hung", "ReconcileFailed", timeout_s=30)
            assert planes.found(shown)["ReconcileFailed"]["reason"] == "Unreachable"
            assert "cluster remote" in planes.found(shown)["ReconcileFailed"]["message"]
            line.release()
            await world.until(host, resources.MIG_MIGRATIONS, "hung", planes.lacks("ReconcileFailed"))


async def test_who_starts_again_what_was_stopped_is_named_and_nothing_is_copied_meanwhile(host: Client, remote: Client) -> None:
    """A tool scales a Deployment up again and again: the migration names it, and goes on when it has stopped doing so."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        fighting = asyncio.create_task(_scale_up_always(world))
        try:
            await world.migrate("fought", quiescePods=True)
            async with migrations.running(world):
                shown = await world.until_shows("fought", "Stalled")
                said = planes.found(shown)["Stalled"]
                assert (said["category"], said["reason"]) == ("Error", "StartedAgain")
                assert f"Deployment {world.app}/web" in said["message"]
                assert "field manager some-tool" in said["message"]
                assert {migrations.word(item) for item in await world.list(remote, resources.BACKUPS)} == {"initial"}
                fighting.cancel()
                over = await world.until_over("fought")
            web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
        finally:
            fighting.cancel()
    assert types(over) == {"Succeeded", "Ready"}
    assert web["spec"]["replicas"] == 0
    assert web["metadata"]["annotations"][names.PRE_QUIESCE_REPLICAS] == "2"


async def _scale_up_always(world: World) -> None:
    """What a GitOps tool does: the number of replicas is as it is written down, whoever changed it."""
    async for event in watch.watch(world.remote, resources.DEPLOYMENTS, namespace=world.app):
        if event.object and event.type == "MODIFIED" and event.object["spec"]["replicas"] == 0:
            body = {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": "web", "namespace": world.app},
                "spec": {"replicas": 1},
            }
            await world.remote.apply(resources.DEPLOYMENTS, body, manager="some-tool")


async def test_what_stands_still_is_named_with_what_starts_it_where_the_target_is_gone_for_good(host: Client, remote: Client) -> None:
    """Nothing is started by itself; the commands that are told start everything as it was, and then nothing is told any more."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        await world.make(remote, resources.CRON_JOBS, "nightly", spec=CRON)
        world.settings.current = world.settings.current.model_copy(update={"stalled_seconds": 1})
        async with ways.copying(world, "lost"):
            world.clusters.gone.add("host")
            await host.patch(resources.MIG_MIGRATIONS, "lost", {"spec": {"canceled": True}}, namespace=world.namespace)
            shown = await world.until(host, resources.MIG_MIGRATIONS, "lost", lambda item: "stand still" in trouble_of(item), timeout_s=60)
            web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
            assert web["spec"]["replicas"] == 0
            text = trouble_of(shown)
            assert f"Deployment {world.app}/web" in text
            commands = [shlex.split(part) for part in text.split("`")[1::2]]
            for words in commands:
                assert words[:4] == ["kubectl", "-n", world.app, "patch"]
                kind = {"deployments.apps": resources.DEPLOYMENTS, "cronjobs.batch": resources.CRON_JOBS}[words[4]]
                await remote.patch(kind, words[5], codec.loads(words[8].encode()), namespace=world.app)
            web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
            nightly = await remote.get(resources.CRON_JOBS, "nightly", namespace=world.app)
            await world.until(host, resources.MIG_MIGRATIONS, "lost", lambda item: "stand still" not in trouble_of(item), timeout_s=60)
    assert (web["spec"]["replicas"], nightly["spec"]["suspend"]) == (2, False)
    assert not [item for item in (web, nightly) if "migration.openshift.io" in str(item["metadata"].get("annotations"))]


CRON = {
    "schedule": "0 0 1 1 *",
    "jobTemplate": {
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "registry.example/c:1"}]}}}
    },
}


def trouble_of(item: Object) -> str:
    """What ReconcileFailed says."""
    return str(planes.found(item).get("ReconcileFailed", {}).get("message", ""))
