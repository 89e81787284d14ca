"""Given a migration that has failed, when somebody asks for another try, then it goes on where it failed, with what still stands."""

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from kit import migrations, mortal, planes
from kit.migrations import World
from mtc.api import names
from mtc.engine import layout
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration.scope import COMPLETED

pytestmark = pytest.mark.anyio

CLAIMS = ("data", "orphan")


async def application(world: World, bucket: Path, **spec: Any) -> None:
    """A Deployment with a volume, a volume that nothing mounts, a plan for both, and claims that the target has already."""
    world.bucket = bucket
    for claim in CLAIMS:
        await world.volume(claim)
    await world.deployment("web", claims=["data"], replicas=3)
    await world.declare(volumes=list(CLAIMS), **spec)
    await planes.make_namespace(world.host, world.app)
    for claim in CLAIMS:
        size = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        await world.make(world.host, resources.PERSISTENT_VOLUME_CLAIMS, claim, spec=size)


async def fail(world: World, name: str = "tough") -> Object:
    """The migration, run until it has failed."""
    await world.migrate(name, quiescePods=True)
    async with migrations.running(world):
        failed = await world.until_over(name)
    assert "Failed" in planes.found(failed), failed["status"]
    return failed


async def ask(world: World, name: str = "tough", *, value: str = "again") -> None:
    """Asks for another try, as a person does."""
    body = {"metadata": {"annotations": {names.RETRY: value}}}
    await world.host.patch(resources.MIG_MIGRATIONS, name, body, namespace=world.namespace)


async def retry(world: World, name: str = "tough", *, value: str = "again") -> Object:
    """The migration when its next try has ended."""
    await ask(world, name, value=value)
    async with migrations.running(world):
        return await world.until(world.host, resources.MIG_MIGRATIONS, name, lambda item: is_answered(item) and is_over(item), timeout_s=60)


def is_over(item: Object) -> bool:
    """Whether it has ended."""
    return migrations.phase(item) == COMPLETED


def is_answered(item: Object) -> bool:
    """Whether the last request for another try has been answered."""
    notes = item["metadata"]["annotations"]
    return bool(notes.get(names.RETRY_ANSWERED) == notes[names.RETRY])


async def made(world: World) -> list[str]:
    """The words of the Backups and Restores that there are, with the number of the try that made them."""
    found = [*await world.list(world.remote, resources.BACKUPS), *await world.list(world.host, resources.RESTORES)]
    return sorted(f"{item['kind']} {migrations.word(item)} {item['metadata']['annotations'].get(names.ATTEMPT, '1')}" for item in found)


FIRST = ["Backup initial 1", "Backup stage 1", "Restore stage 1"]
ALL_OF_FIRST = sorted([*FIRST, "Restore final 1"])


async def test_backups_and_copies_of_the_first_try_are_used_again(host: Client, remote: Client, tmp_path: Path) -> None:
    """A volume did not arrive; the next try restores from the same copies, touches no pod of the source, and succeeds."""
    async with migrations.stage(host, remote) as world:
        await application(world, tmp_path)
        world.engine.volumes["data back"] = "Failed"
        failed = await fail(world)
        assert await made(world) == FIRST
        backups = await world.list(remote, resources.BACKUPS)
        world.engine.volumes.clear()
        over = await retry(world)
        after = await made(world)
        saved = await world.list(remote, resources.POD_VOLUME_BACKUPS)
        web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
    status = over["status"]
    assert planes.found(over).keys() == {"Ready", "Succeeded"}
    assert after == sorted([*FIRST, "Backup initial 2", "Restore final 2", "Restore stage 2"])
    assert len(saved) == len(CLAIMS)
    (attempt,) = status["attempts"]
    assert (attempt["number"], attempt["phase"], attempt["step"]) == (1, "StageRestoreCreated", "StageRestore")
    assert attempt["errors"] == failed["status"]["errors"]
    assert attempt["failed"] == planes.found(failed)["Failed"]["lastTransitionTime"]
    assert (status["retry"]["attempt"], status["retry"]["request"], status["retry"]["phase"]) == (2, "again", "StageRestoreCreated")
    assert status["retry"]["reused"] == [f"Backup/{item['metadata']['name']}" for item in backups if migrations.word(item) == "stage"]
    assert {"EnsureStageBackup", "EnsureStagePodsFromTemplates"} <= set(status["retry"]["passed"])
    assert not {"EnsureInitialBackup", "EnsureStageRestore"} & set(status["retry"]["passed"])
    assert "errors" not in status
    assert status["startTimestamp"] == failed["status"]["startTimestamp"]
    assert status["rollback"]["state"] == "not-required"
    assert not [step for step in status["pipeline"] if step.get("failed")]
    assert web["spec"]["replicas"] == 0


async def test_volumes_that_have_arrived_are_neither_restored_nor_compared_again(host: Client, remote: Client, tmp_path: Path) -> None:
    """Only the objects are brought anew, as the source has them by now: somebody has corrected what was refused."""

    async def proofs() -> dict[str, str]:
        found = await world.list(host, resources.POD_VOLUME_RESTORES)
        return {item["metadata"]["name"]: item["metadata"]["annotations"][names.PROOF] for item in found}

    async with migrations.stage(host, remote) as world:
        await application(world, tmp_path)
        world.engine.ends["final"] = "Failed"
        await fail(world)
        before = await proofs()
        world.engine.ends.clear()
        over = await retry(world)
        after, answers = await made(world), await proofs()
        backups = {item["metadata"]["name"]: item for item in await world.list(remote, resources.BACKUPS)}
        restores = await world.list(host, resources.RESTORES)
    assert planes.found(over).keys() == {"Ready", "Succeeded", "NotProved"}
    assert planes.found(over)["NotProved"]["category"] == "Advisory"
    assert "compared in an earlier try" in planes.found(over)["NotProved"]["message"]
    assert over["status"]["proof"]["state"] == "not-proved"
    assert after == sorted([*ALL_OF_FIRST, "Backup initial 2", "Restore final 2"])
    assert len(over["status"]["retry"]["reused"]) == 2
    last = backups[restores[-1]["spec"]["backupName"]]
    assert (migrations.word(last), last["metadata"]["annotations"][names.ATTEMPT]) == ("initial", "2")
    assert len(answers) == len(CLAIMS)
    assert answers == before, "the stage pods that held the volumes are gone, so nobody can compare them any more"


async def arrived(world: World, bucket: Path) -> None:
    """A migration that has failed after its objects had arrived, and whose cause is removed: a hook whose account did not come along."""
    reference = {"name": "last", "namespace": world.namespace}
    content = {"custom": True, "image": "registry.example/hook:1", "targetCluster": "destination"}
    await world.make(world.host, resources.MIG_HOOKS, "last", namespace=world.namespace, spec=content)
    hook = {"reference": reference, "phase": "PostRestore", "executionNamespace": world.app, "serviceAccount": "nobody"}
    await application(world, bucket, hooks=[hook])
    await world.make(world.remote, resources.SERVICE_ACCOUNTS, "nobody")
    failed = await fail(world)
    assert planes.found(failed)["Failed"]["reason"] == "PostRestoreHooks"
    await world.host.patch(resources.MIG_PLANS, "shop", {"spec": {"hooks": []}}, namespace=world.namespace)


async def test_objects_that_have_arrived_are_not_brought_again(host: Client, remote: Client, tmp_path: Path) -> None:
    """Their Backup and their Restore are used again, together."""
    async with migrations.stage(host, remote) as world:
        await arrived(world, tmp_path)
        over = await retry(world)
        after = await made(world)
    assert planes.found(over).keys() == {"Ready", "Succeeded", "NotProved"}
    assert after == ALL_OF_FIRST
    assert len(over["status"]["retry"]["reused"]) == 4


async def test_objects_whose_archive_is_gone_are_brought_again(host: Client, remote: Client, tmp_path: Path) -> None:
    """Nothing could be compared with it."""
    async with migrations.stage(host, remote) as world:
        await arrived(world, tmp_path)
        await lose_archive(world)
        over = await retry(world)
        after = await made(world)
    assert planes.found(over).keys() == {"Ready", "Succeeded", "NotProved"}
    assert after == sorted([*ALL_OF_FIRST, "Backup initial 2", "Restore final 2"])


async def lose_archive(world: World) -> None:
    """The archive of the initial Backup is deleted from the bucket."""
    (backup,) = [item for item in await world.list(world.remote, resources.BACKUPS) if migrations.word(item) == "initial"]
    assert world.bucket
    (world.bucket / layout.BackupFiles(backup["metadata"]["name"]).contents).unlink()


async def lose_snapshots(world: World) -> None:
    """The snapshots are deleted from the repository."""
    assert world.bucket
    shutil.rmtree(world.bucket / layout.restic_snapshots(world.app))


async def lose_config(world: World) -> None:
    """The bucket is emptied while volumes are copied: the snapshots that come after it are in no repository."""
    assert world.bucket
    (world.bucket / layout.restic_config(world.app)).unlink()


async def lose_keys(world: World) -> None:
    """The keys are deleted from the repository."""
    assert world.bucket
    shutil.rmtree(world.bucket / layout.restic_keys(world.app))


async def start_application(world: World) -> None:
    """Somebody starts the application and stops it again: it may have written meanwhile."""
    for replicas in (1, 0):
        await world.remote.patch(resources.DEPLOYMENTS, "web", {"spec": {"replicas": replicas}}, namespace=world.app)


async def choose_class(world: World) -> None:
    """The plan wants another storage class for a volume."""
    plan = await world.host.get(resources.MIG_PLANS, "shop", namespace=world.namespace)
    volumes = plan["spec"]["persistentVolumes"]
    volumes[0]["selection"]["storageClass"] = "slow"
    await world.host.patch(resources.MIG_PLANS, "shop", {"spec": {"persistentVolumes": volumes}}, namespace=world.namespace)


async def lose_claim(world: World) -> None:
    """A claim of the target is deleted."""
    await world.host.patch(resources.PERSISTENT_VOLUME_CLAIMS, "data", {"metadata": {"finalizers": None}}, namespace=world.app)
    await world.host.delete(resources.PERSISTENT_VOLUME_CLAIMS, "data", namespace=world.app)


async def add_claim(world: World) -> None:
    """The source has got a claim that waits for its first pod, and comes along with the stage Backup."""
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "later"}
    await world.make(world.remote, resources.PERSISTENT_VOLUME_CLAIMS, "waits", spec=spec)


@pytest.mark.parametrize(
    ("change", "anew"),
    [
        pytest.param(lose_snapshots, ["Backup stage 2", "Restore stage 2"], id="snapshots gone"),
        pytest.param(lose_config, ["Backup stage 2", "Restore stage 2"], id="config gone"),
        pytest.param(lose_keys, ["Backup stage 2", "Restore stage 2"], id="keys gone"),
        pytest.param(start_application, ["Backup stage 2", "Restore stage 2"], id="application ran"),
        pytest.param(choose_class, ["Backup stage 2", "Restore stage 2"], id="another storage class"),
        pytest.param(lose_claim, ["Restore stage 2"], id="claim gone"),
        pytest.param(add_claim, ["Backup stage 2", "Restore stage 2"], id="a claim more"),
    ],
)
async def test_what_does_not_stand_any_more_is_made_anew(
    host: Client, remote: Client, tmp_path: Path, change: Callable[[World], Awaitable[None]], anew: list[str]
) -> None:
    """And only that; the old one is not restored from."""
    async with migrations.stage(host, remote) as world:
        await application(world, tmp_path)
        world.engine.ends["final"] = "Failed"
        await fail(world)
        world.engine.ends.clear()
        await change(world)
        over = await retry(world)
        after = await made(world)
        restores = {migrations.word(item): item for item in await world.list(host, resources.RESTORES)}
        backups = {item["metadata"]["name"]: item for item in await world.list(remote, resources.BACKUPS)}
    assert planes.found(over).keys() == {"Ready", "Succeeded"}
    # The objects had not arrived, so they are brought as the source has them by now.
    assert after == sorted([*ALL_OF_FIRST, "Backup initial 2", "Restore final 2", *anew])
    of_stage = backups[restores["stage"]["spec"]["backupName"]]
    assert of_stage["metadata"]["annotations"].get(names.ATTEMPT, "1") == ("2" if "Backup stage 2" in anew else "1")


@pytest.mark.parametrize(
    "reaper",
    [
        pytest.param(lambda: mortal.Reaper(before=False, at=mortal.is_write), id="killed after every single write"),
        pytest.param(lambda: mortal.Reaper(before=True, at=mortal.is_write), id="killed before every single write"),
    ],
)
async def test_another_try_survives_kills(host: Client, remote: Client, tmp_path: Path, reaper: Callable[[], mortal.Reaper]) -> None:
    """Nothing is made twice, whenever the process dies, and it is one try more, not several."""
    async with migrations.stage(host, remote) as world:
        await application(world, tmp_path)
        world.engine.volumes["data"] = "Failed"
        await fail(world)
        world.engine.volumes.clear()
        await ask(world)
        lives = await mortal.live_and_die(world, "tough", reaper())
        over = await world.until_over("tough")
        after = await made(world)
        pods = await remote.list_all(resources.PODS, namespace=world.app)
    assert lives > 10
    assert planes.found(over).keys() == {"Ready", "Succeeded"}
    assert after == ["Backup initial 1", "Backup initial 2", "Backup stage 1", "Backup stage 2", "Restore final 2", "Restore stage 2"]
    assert [entry["number"] for entry in over["status"]["attempts"]] == [1]
    assert over["status"]["retry"]["attempt"] == 2
    assert pods == []


async def test_a_try_that_fails_can_be_followed_by_a_third(host: Client, remote: Client, tmp_path: Path) -> None:
    """Each is remembered; what the first has copied serves the third."""
    async with migrations.stage(host, remote) as world:
        await application(world, tmp_path)
        world.engine.ends["final"] = "Failed"
        await fail(world)
        second = await retry(world, value="2")
        world.engine.ends.clear()
        third = await retry(world, value="3")
        after = await made(world)
    assert "Failed" in planes.found(second)
    assert planes.found(third).keys() == {"Ready", "Succeeded", "NotProved"}
    assert [(entry["number"], entry["phase"]) for entry in third["status"]["attempts"]] == [
        (1, "FinalRestoreCreated"),
        (2, "FinalRestoreCreated"),
    ]
    assert after == sorted([*ALL_OF_FIRST, "Backup initial 2", "Restore final 2", "Backup initial 3", "Restore final 3"])


async def test_another_try_is_refused_with_the_reason_and_a_next_step(host: Client, remote: Client, tmp_path: Path) -> None:
    """What did not fail, what was overtaken by another migration, and what belongs to another plan by now."""
    async with migrations.stage(host, remote) as world:
        await application(world, tmp_path)
        world.engine.ends["final"] = "Failed"
        await fail(world)
        mapped = [f"{world.app}:elsewhere"]
        await host.patch(resources.MIG_PLANS, "shop", {"spec": {"namespaces": mapped}}, namespace=world.namespace)
        changed = await retry(world, value="1")
        await host.patch(resources.MIG_PLANS, "shop", {"spec": {"namespaces": [world.app]}}, namespace=world.namespace)
        await world.migrate("second", quiescePods=True)
        async with migrations.running(world):
            await world.until_over("second")
        overtaken = await retry(world, value="2")
        await world.migrate("back", rollback=True)
        async with migrations.running(world):
            await world.until_over("back")
        undone = await retry(world, value="3")
        nothing = await retry(world, "back")
    assert reason(changed) == "PlanChanged"
    assert reason(overtaken) == "Superseded"
    assert f"{world.namespace}/second" in planes.found(overtaken)["RetryRefused"]["message"]
    assert reason(undone) == "RolledBack"
    assert reason(nothing) == "NotFailed"
    assert planes.is_ready(nothing)
    for item in (changed, overtaken, undone):
        assert "Failed" in planes.found(item)
        assert item["status"]["itinerary"] == "Failed"
        assert "attempts" not in item["status"]


def reason(item: Object) -> str:
    """Why another try was refused."""
    found = planes.found(item)["RetryRefused"]
    assert found["category"] == "Warn"
    assert "create another migmigration" in found["message"].lower() or "retry it" in found["message"]
    return str(found["reason"])


async def test_another_try_is_canceled_and_rolled_back_with_all_that_was_made(host: Client, remote: Client, tmp_path: Path) -> None:
    """Objects of every try belong to the migration."""
    async with migrations.stage(host, remote) as world:
        await application(world, tmp_path)
        world.engine.ends["final"] = "Failed"
        await fail(world)
        world.engine.holds = {"final"}
        await ask(world)
        async with migrations.running(world):
            await world.until_phase("tough", "FinalRestoreCreated")
            assert "Restore final 2" in await made(world)
            await host.patch(resources.MIG_MIGRATIONS, "tough", {"spec": {"canceled": True}}, namespace=world.namespace)
            over = await world.until_over("tough")
        after = await made(world)
        web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
    assert planes.found(over).keys() == {"Canceled", "NotProved"}
    assert [text for text in after if "Backup" not in text] == []
    assert web["spec"]["replicas"] == 3


async def test_a_stage_migration_that_failed_goes_on_too(host: Client, remote: Client, tmp_path: Path) -> None:
    """The application runs on, and what was copied is brought as it was."""
    async with migrations.stage(host, remote) as world:
        await application(world, tmp_path)
        for pod in await remote.list_all(resources.PODS, namespace=world.app):
            await migrations.run_pod(remote, pod)
        world.engine.volumes["orphan back"] = "Failed"
        await world.migrate("ahead", stage=True)
        async with migrations.running(world):
            await world.until_over("ahead")
        world.engine.volumes.clear()
        over = await retry(world, "ahead")
        after = await made(world)
    assert planes.found(over).keys() == {"Ready", "Succeeded"}
    assert after == ["Backup stage 1", "Restore stage 1", "Restore stage 2"]
