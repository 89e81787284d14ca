"""Given volumes that somebody or something takes away, when a migration or its rollback goes on, then no data go and nothing is claimed."""

import asyncio

import pytest

from kit import migrations, planes, ways
from kit.migrations import World
from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Client, Object

pytestmark = pytest.mark.anyio

CLAIMS = resources.PERSISTENT_VOLUME_CLAIMS


async def lose(world: World, *, is_made_anew: bool) -> Object:
    """A migration whose filled claim is deleted while its final Restore is at work, when it is over."""
    await ways.application(world)
    world.engine.holds.add("final")
    await world.migrate("there", quiescePods=True)
    async with migrations.running(world):
        await world.until_phase("there", "FinalRestoreCreated")
        found = await world.host.get(CLAIMS, "data", namespace=world.app)
        await world.host.delete(CLAIMS, "data", namespace=world.app)
        if is_made_anew:
            # Servers keep whole seconds.
            await asyncio.sleep(1.1)
            await world.make(world.host, CLAIMS, "data", spec={key: found["spec"][key] for key in ("accessModes", "resources")})
        await world.end_all(world.host, resources.RESTORES, "final")
        return await world.until_over("there")


@pytest.mark.parametrize("is_made_anew", [False, True])
async def test_a_volume_that_is_deleted_after_it_was_filled_fails_the_migration(
    host: Client, remote: Client, *, is_made_anew: bool
) -> None:
    """Its comparison has been good; a claim of the same name that a workload makes is empty. The other volume is not named."""
    async with migrations.stage(host, remote) as world:
        failed = await lose(world, is_made_anew=is_made_anew)
    told = planes.found(failed)
    assert "Failed" in told, failed["status"]
    assert not told.keys() & {"Succeeded", "SucceededWithWarnings"}
    (error,) = [text for text in failed["status"]["errors"] if "were filled by this migration" in text]
    assert f"PersistentVolumeClaims {world.app}/data on target cluster" in error
    assert failed["status"]["rollback"]["state"] == "required"


async def test_a_rollback_never_deletes_the_last_copy(host: Client, remote: Client) -> None:
    """The claim of the source is gone: the rollback says so and changes nothing, on either cluster."""
    async with migrations.stage(host, remote) as world:
        await ways.application(world)
        await world.migrate("there", quiescePods=True)
        async with migrations.running(world):
            await world.until_over("there")
            await lose_source(world, "orphan")
            await world.migrate("back", rollback=True)
            back = await world.until_over("back")
            left = {item["metadata"]["name"] for item in await host.list_all(CLAIMS, namespace=world.app)}
            web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
    assert "Failed" in planes.found(back), back["status"]
    assert any(f"{world.app}/orphan" in text and "last copies" in text for text in back["status"]["errors"])
    assert f"{world.app}/data" not in str(back["status"]["errors"])
    assert left == {"data", "orphan"}
    assert web["spec"]["replicas"] == 0


async def lose_source(world: World, claim: str) -> Object:
    """A claim of the source goes, as when its namespace is deleted; as it was."""
    found = await world.remote.get(CLAIMS, claim, namespace=world.app)
    await world.remote.delete(CLAIMS, claim, namespace=world.app)
    await world.until_list(world.remote, CLAIMS, lambda found: claim not in {item["metadata"]["name"] for item in found})
    return found


async def give_back(world: World, claim: Object) -> None:
    """The claim is there again, with its old volume."""
    unbound = {"spec": {"claimRef": {"uid": None, "resourceVersion": None}}}
    await world.remote.patch(resources.PERSISTENT_VOLUMES, claim["spec"]["volumeName"], unbound)
    await world.make(world.remote, CLAIMS, claim["metadata"]["name"], spec=claim["spec"])


async def test_a_cancel_never_deletes_the_last_copy(host: Client, remote: Client) -> None:
    """It stops, keeps what it has made and starts nothing that would find its volumes empty; with the claim back, a rollback undoes the rest."""
    async with migrations.stage(host, remote) as world:
        await ways.application(world)
        world.engine.holds.add("final restore")
        await world.migrate("there", quiescePods=True)
        async with migrations.running(world):
            await world.until_phase("there", "FinalRestoreCreated")
            claim = await lose_source(world, "orphan")
            await host.patch(resources.MIG_MIGRATIONS, "there", {"spec": {"canceled": True}}, namespace=world.namespace)
            over = await world.until_over("there")
            kept = {item["metadata"]["name"] for item in await host.list_all(CLAIMS, namespace=world.app)}
            backups = await world.list(remote, resources.BACKUPS)
            restores = await world.list(host, resources.RESTORES)
            stopped = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
            await give_back(world, claim)
            await world.migrate("back", rollback=True)
            back = await world.until_over("back")
            left = await host.list_all(CLAIMS, namespace=world.app)
            web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
    told = planes.found(over)
    assert told.keys() == {"Canceled", "LastCopiesKept"}, over["status"]
    assert f"{world.app}/orphan on target cluster" in told["LastCopiesKept"]["message"]
    assert "were kept" in told["Canceled"]["message"]
    assert kept == {"data", "orphan"}
    assert (len(backups), restores) == (2, [])
    assert stopped["spec"]["replicas"] == 0
    assert over["status"]["rollback"]["state"] == "required"
    assert "Succeeded" in planes.found(back), back["status"]
    assert (left, web["spec"]["replicas"]) == ([], 3)


async def test_claims_that_are_kept_are_not_taken_along_by_their_set(host: Client, remote: Client) -> None:
    """A set on the target owns every claim of its templates and deletes them with itself; one without our label is there afterwards."""
    async with migrations.stage(host, remote) as world:
        await ways.application(world)
        await world.migrate("there", quiescePods=True)
        async with migrations.running(world):
            await world.until_over("there")
            plan = await host.get(resources.MIG_PLANS, "shop", namespace=world.namespace)
            labels = {names.MIGRATED_BY_MIGPLAN: plan["metadata"]["uid"]}
            wanted = {"accessModes": ["ReadWriteOnce"], "storageClassName": "", "resources": {"requests": {"storage": "1Gi"}}}
            pod = {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "c", "image": "none.example/none"}]}}
            spec = {
                "serviceName": "db",
                "replicas": 1,
                "selector": {"matchLabels": {"app": "db"}},
                "template": pod,
                "volumeClaimTemplates": [{"metadata": {"name": "kept"}, "spec": wanted}],
                "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Retain"},
            }
            await world.make(host, resources.STATEFUL_SETS, "db", metadata={"labels": labels}, spec=spec)
            await world.until_list(host, CLAIMS, lambda found: any(item["metadata"].get("ownerReferences") for item in found))
            await world.migrate("back", rollback=True)
            back = await world.until_over("back")
            sets = await host.list_all(resources.STATEFUL_SETS, namespace=world.app)
            left = await host.list_all(CLAIMS, namespace=world.app)
    assert "Succeeded" in planes.found(back), back["status"]
    assert sets == []
    assert [item["metadata"]["name"] for item in left] == ["kept-db-0"]
    assert not left[0]["metadata"].get("deletionTimestamp")


async def test_a_rollback_wants_the_namespaces_in_which_the_plan_has_worked(host: Client, remote: Client) -> None:
    """What it has stopped and made there would stay; with the namespace back in the plan, the rollback undoes everything."""
    async with migrations.stage(host, remote) as world:
        await ways.application(world)
        await world.migrate("there", quiescePods=True)
        async with migrations.running(world):
            await world.until_over("there")
            plan = await host.get(resources.MIG_PLANS, "shop", namespace=world.namespace)
            named = plan["spec"]["namespaces"]
            other = f"{world.app}-other"
            await planes.make_namespace(remote, other)
            await host.patch(resources.MIG_PLANS, "shop", {"spec": {"namespaces": [other]}}, namespace=world.namespace)
            await world.migrate("back", rollback=True)
            back = await world.until_over("back")
            stopped = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
            await host.patch(resources.MIG_PLANS, "shop", {"spec": {"namespaces": named}}, namespace=world.namespace)
            await world.migrate("again", rollback=True)
            again = await world.until_over("again")
            web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
    assert any(f"does not name {named[0]} any more" in text for text in back["status"]["errors"]), back["status"]
    assert stopped["spec"]["replicas"] == 0
    assert "Succeeded" in planes.found(again), again["status"]
    assert web["spec"]["replicas"] == 3


async def test_a_backup_that_holds_the_last_copy_stays(host: Client, remote: Client) -> None:
    """Neither cluster has the claim any more: a dry run says so, a rollback refuses, and one without the Backup's label leaves it alone."""
    async with migrations.stage(host, remote) as world:
        await ways.application(world)
        await world.migrate("there", quiescePods=True)
        async with migrations.running(world):
            await world.until_over("there")
            await lose_source(world, "orphan")
            await host.delete(CLAIMS, "orphan", namespace=world.app)
            await world.migrate("back", rollback=True)
            back = await world.until_over("back")
        looked = await ways.rehearse(world, "look", rollback=True)
        (stage,) = [item for item in await world.list(remote, resources.BACKUPS) if migrations.word(item) == "stage"]
        name = stage["metadata"]["name"]
        unlabelled = {"metadata": {"labels": {names.MIGRATED_BY_MIGPLAN: None}}}
        await remote.patch(resources.BACKUPS, name, unlabelled, namespace=world.namespace)
        async with migrations.running(world):
            await world.migrate("again", rollback=True)
            again = await world.until_over("again")
        left = [item["metadata"]["name"] for item in await world.list(remote, resources.BACKUPS)]
    error, _stopped = back["status"]["errors"]
    assert f"Backup {name} (with the files of {world.app}/orphan)" in error
    assert "PersistentVolumeClaims" not in error
    assert any(f"Backup {name}" in text for text in looked["status"]["dryRun"]["conflicts"])
    assert "Succeeded" in planes.found(again), again["status"]
    assert left == [name]


async def test_a_set_that_deletes_its_claims_is_not_stopped(host: Client, remote: Client) -> None:
    """A dry run says so, and a migration fails before it stops anything."""
    async with migrations.stage(host, remote) as world:
        await ways.application(world)
        labels = {"app": "db"}
        pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "none.example/none"}]}}
        policy = {"whenScaled": "Delete", "whenDeleted": "Retain"}
        spec = {"replicas": 1, "serviceName": "db", "selector": {"matchLabels": labels}, "template": pod}
        await world.make(remote, resources.STATEFUL_SETS, "db", spec={**spec, "persistentVolumeClaimRetentionPolicy": policy})
        looked = await ways.rehearse(world, "look", quiescePods=True)
        await world.migrate("there", quiescePods=True)
        async with migrations.running(world):
            failed = await world.until_over("there")
        web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
        database = await remote.get(resources.STATEFUL_SETS, "db", namespace=world.app)
    assert any(f"StatefulSet {world.app}/db deletes its claims" in text for text in looked["status"]["dryRun"]["conflicts"])
    assert any(f"StatefulSet {world.app}/db deletes its claims" in text for text in failed["status"]["errors"])
    assert (web["spec"]["replicas"], database["spec"]["replicas"]) == (3, 1)
    assert failed["status"]["rollback"]["state"] == "not-required"
