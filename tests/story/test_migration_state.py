"""Given a plan that gives claims other names, when its state is migrated, then claims and data travel, and nothing else does."""

import pytest

from kit import migrations, planes, ways
from kit.migrations import World
from mtc.api import names
from mtc.kube import codec, resources
from mtc.kube.client import Client

pytestmark = pytest.mark.anyio


async def declare(world: World, *volumes: str, **spec: object) -> None:
    """A plan that would copy volumes directly, with a repository."""
    repo = {"name": "repo", "namespace": world.namespace}
    await world.declare(volumes=list(volumes), indirectVolumeMigration=False, migStorageRef=repo, **spec)


async def test_state_travels_through_the_repository_under_other_names(host: Client, remote: Client) -> None:
    """One Backup and one Restore, which carries the names; no service account, and the source stays stopped as it was asked for."""
    async with migrations.stage(host, remote) as world:
        for claim in ("data", "logs"):
            await world.volume(claim)
        await world.make(remote, resources.SERVICE_ACCOUNTS, "runner")
        await world.deployment("web", claims=["data"], replicas=2)
        await remote.patch(
            resources.DEPLOYMENTS, "web", {"spec": {"template": {"spec": {"serviceAccountName": "runner"}}}}, namespace=world.app
        )
        await declare(world, "data:data-moved", "logs", mapping="elsewhere")
        # Everything that carries its label goes into the Backup.
        marked: list[str] = []
        world.engine.holds = {"stage"}
        await world.migrate("state", migrateState=True, quiescePods=True)
        async with migrations.running(world):
            await world.until_phase("state", "StageBackupCreated")
            for kind in (resources.SERVICE_ACCOUNTS, resources.PERSISTENT_VOLUME_CLAIMS):
                found = await remote.list_all(kind, namespace=world.app, label_selector=names.INCLUDED_IN_STAGE_BACKUP)
                marked += [f"{item['kind']}/{item['metadata']['name']}" for item in found]
            world.engine.holds = set()
            (backup,) = await world.list(remote, resources.BACKUPS)
            ended = {"status": {"phase": "Completed"}}
            await remote.patch(resources.BACKUPS, backup["metadata"]["name"], ended, namespace=world.namespace)
            over = await world.until_over("state")
        (restore,) = await world.list(host, resources.RESTORES)
        web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
    assert planes.found(over).keys() == {"Succeeded", "Ready"}, over["status"]
    assert over["status"]["itinerary"] == "Stage"
    assert sorted(marked) == ["PersistentVolumeClaim/data", "PersistentVolumeClaim/logs"]
    notes = restore["metadata"]["annotations"]
    assert codec.loads(notes[names.CLAIM_NAMES]) == {f"{world.app}/data": "data-moved"}
    assert notes[names.MIGMIGRATION_TYPE] == backup["metadata"]["annotations"][names.MIGMIGRATION_TYPE] == "final"
    assert restore["spec"]["namespaceMapping"] == {world.app: "elsewhere"}
    assert web["spec"]["replicas"] == 0
    assert "SwapPVCReferences" not in str(over["status"]["pipeline"])


async def test_a_rehearsal_says_that_state_is_brought_once_more(host: Client, remote: Client) -> None:
    """Files that only the target has would go: those of a claim that the plan has filled, and that it fills again."""
    async with migrations.stage(host, remote) as world:
        for claim in ("data", "logs"):
            await world.volume(claim)
        await declare(world, "data:data-moved", "logs")
        await planes.make_namespace(host, world.app)
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "volumeName": "pv-moved"}
        mine = {"labels": {names.MIGRATED_BY_MIGPLAN: world.plan_uid}}
        first = await ways.rehearse(world, "first", migrateState=True)
        await world.make(host, resources.PERSISTENT_VOLUME_CLAIMS, "data-moved", spec=spec, metadata=mine)
        again = await ways.rehearse(world, "again", migrateState=True)
    told = [text for text in again["status"]["dryRun"]["warnings"] if "are deleted" in text]
    assert len(told) == 1
    assert f"{world.app}/data-moved on cluster" in told[0]
    assert not any("are deleted" in text for text in first["status"]["dryRun"].get("warnings") or [])


@pytest.mark.parametrize("one_cluster", [True, False])
async def test_claims_that_would_become_one_are_told_before_anything_is_done(host: Client, remote: Client, *, one_cluster: bool) -> None:
    """ConflictingPVCMappings names them: two of the same new name, and within a namespace one of the name of another."""
    async with migrations.stage(host, host if one_cluster else remote) as world:
        await declare(world, "a:c", *(("b", "c") if one_cluster else ("b:c", "d")))
        await world.migrate("clash", migrateState=True)
        async with migrations.running(world):
            shown = await world.until_shows("clash", "ConflictingPVCMappings")
        told = planes.found(shown)["ConflictingPVCMappings"]
        assert (told["category"], told["reason"]) == ("Critical", "PvNameConflict")
        assert told["items"] == [f"{world.app}/{name}" for name in (("a", "b", "c") if one_cluster else ("a", "b"))]
        assert await world.list(world.remote, resources.BACKUPS) == []


@pytest.mark.parametrize("kind", ["stage", "final"])
async def test_a_plan_that_renames_claims_is_for_state_only(host: Client, remote: Client, kind: str) -> None:
    """Objects would name claims that do not exist."""
    async with migrations.stage(host, remote) as world:
        await world.declare(volumes=["a:b"])
        await world.migrate("wish", stage=kind == "stage")
        async with migrations.running(world):
            shown = await world.until_shows("wish", "InvalidSpec")
        assert "another name" in planes.found(shown)["InvalidSpec"]["message"]
