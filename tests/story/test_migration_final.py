"""Given an application with volumes, when it is migrated, then a person sees two Backups, two Restores and a success."""

from typing import Any

import pytest

from kit import migrations
from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Client, Object

pytestmark = pytest.mark.anyio

SUCCEEDED = {
    "category": "Advisory",
    "durable": True,
    "message": "The migration has completed successfully.",
    "reason": "Completed",
    "status": "True",
    "type": "Succeeded",
}


def labels(item: Object) -> dict[str, str]:
    """Labels of an object."""
    found: dict[str, str] = item["metadata"]["labels"]
    return found


async def test_a_final_migration_makes_two_backups_and_two_restores_and_succeeds(host: Client, remote: Client) -> None:
    """The chain, its labels and annotations, and the last status are what MTC's documentation shows."""
    async with migrations.stage(host, remote) as world:
        await world.volume("data")
        await world.deployment("web", claims=["data"])
        await world.declare(volumes=["data"])
        made = await world.migrate("88435fe0", quiescePods=True)
        async with migrations.running(world):
            over = await world.until_over("88435fe0")
        uid = made["metadata"]["uid"]
        backups = {migrations.word(item): item for item in await world.list(remote, resources.BACKUPS)}
        restores = {migrations.word(item): item for item in await world.list(host, resources.RESTORES)}
    conditions = {entry["type"]: entry for entry in over["status"]["conditions"]}
    assert conditions.keys() == {"Succeeded", "Ready"}
    assert conditions["Succeeded"].items() >= SUCCEEDED.items()
    assert over["status"]["startTimestamp"]
    assert over["metadata"]["annotations"][names.TOUCH]
    assert labels(over) == {names.MIGRATION_UID: uid, names.MIGPLAN_NAME: "shop"}
    (owner,) = over["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("MigPlan", world.plan_uid)

    assert set(backups) == {"initial", "stage"}
    assert set(restores) == {"stage", "final"}
    common = {
        names.PART_OF: names.PART_OF_VALUE,
        "migmigration": uid,
        names.MIGMIGRATION_NAME: "88435fe0",
        names.MIGPLAN_NAME: "shop",
        names.MIGRATED_BY_MIGMIGRATION: uid,
        names.MIGRATED_BY_MIGPLAN: world.plan_uid,
    }
    assert labels(backups["initial"]) == {**common, names.INITIAL_BACKUP: uid}
    assert labels(backups["stage"]) == {**common, names.STAGE_BACKUP: uid}
    assert labels(restores["stage"]) == {**common, names.STAGE_RESTORE: uid}
    assert labels(restores["final"]) == {**common, names.FINAL_RESTORE: uid}

    final, quiesced = {names.MIGMIGRATION_TYPE: "final"}, {names.QUIESCE_PODS: "true"}
    notes = {word: dict(item["metadata"]["annotations"]) for word, item in backups.items()}
    # Ours, beside MTC's: by these another try finds out whether it can use them.
    assert notes["initial"].pop(names.PLAN_DIGEST)
    assert notes["stage"].pop(names.PLAN_DIGEST) != notes["stage"].pop(names.QUIESCED_STATE)
    assert notes == {"initial": final, "stage": {**final, **quiesced}}
    assert restores["stage"]["metadata"]["annotations"] == {**final, **quiesced, names.STAGE_POD_IMAGE: migrations.STAGE_IMAGE}
    assert restores["final"]["metadata"]["annotations"] == {**final, **quiesced}

    initial, stage = backups["initial"]["spec"], backups["stage"]["spec"]
    assert initial["excludedResources"] == ["imagestreams", "persistentvolumes", "persistentvolumeclaims", "events", "imagetags"]
    assert initial["includedNamespaces"] == stage["includedNamespaces"] == [world.app]
    assert initial["storageLocation"] == stage["storageLocation"] == "repo-abcde"
    assert initial["volumeSnapshotLocations"] == [f"repo-{world.plan_uid}"]
    assert initial["ttl"] == stage["ttl"] == "720h0m0s"
    assert stage["labelSelector"] == {"matchLabels": {names.INCLUDED_IN_STAGE_BACKUP: uid}}
    assert set(stage["includedResources"]) == {
        "serviceaccount",
        "persistentvolumes",
        "persistentvolumeclaims",
        "namespaces",
        "secrets",
        "configmaps",
        "pods",
    }
    assert restores["stage"]["spec"]["backupName"] == backups["stage"]["metadata"]["name"]
    assert restores["final"]["spec"]["backupName"] == backups["initial"]["metadata"]["name"]
    assert restores["final"]["spec"]["restorePVs"] is True


async def test_the_pipeline_tells_each_step_and_how_much_was_copied(host: Client, remote: Client) -> None:
    """All steps are completed with times; the steps that copy volumes say how many bytes there were."""
    async with migrations.stage(host, remote) as world:
        await world.volume("data")
        await world.deployment("web", claims=["data"])
        await world.declare(volumes=["data"])
        await world.migrate("told", quiescePods=True)
        async with migrations.running(world):
            over = await world.until_over("told")
    pipeline = {step["name"]: step for step in over["status"]["pipeline"]}
    assert list(pipeline) == ["Prepare", "Backup", "StageBackup", "StageRestore", "Restore", "Cleanup"]
    assert all(
        step["message"] == "Completed" and step["started"] and step["completed"] and "phase" not in step for step in pipeline.values()
    )
    (saved,) = [line for line in pipeline["StageBackup"]["progress"] if line.startswith("PodVolumeBackup ")]
    assert "12.34 MB of 12.34 MB backed up" in saved
    (arrived,) = [line for line in pipeline["StageRestore"]["progress"] if line.startswith("PodVolumeRestoreCompleted")]
    assert "12.34 MB of 12.34 MB restored" in arrived
    for name, kind, cluster in (("StageBackup", "PodVolumeBackup", "remote"), ("StageRestore", "PodVolumeRestore", "host")):
        figures = pipeline[name]["figures"]
        assert (figures["total"]["bytesDone"], figures["total"]["bytesTotal"]) == (12_340_000, 12_340_000)
        (copied,) = [item for item in figures["items"] if item["kind"] == kind]
        assert (copied["state"], copied["claim"], copied["cluster"]) == ("Completed", f"{world.app}/data", cluster)
    times = [entry for step in pipeline.values() for entry in step.get("phases", [])]
    assert {"InitialBackupCreated", "StageBackupCreated", "FinalRestoreCreated"} <= {entry["name"] for entry in times}
    assert all(entry["started"] <= entry["completed"] for entry in times)


async def test_the_source_stays_stopped_and_carries_what_it_was(host: Client, remote: Client) -> None:
    """After the cut-over workloads stand at 0 with their number of replicas, no mark for the engine and no stage pod is left."""
    async with migrations.stage(host, remote) as world:
        for claim in ("data", "logs", "orphan"):
            await world.volume(claim)
        await world.deployment("web", claims=["data", "logs"], replicas=3)
        await world.deployment("idle", claims=[], replicas=0)
        await world.declare(volumes=["data", "logs", "orphan"])
        await world.migrate("cut", quiescePods=True)
        async with migrations.running(world):
            over = await world.until_over("cut")
        web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
        idle = await remote.get(resources.DEPLOYMENTS, "idle", namespace=world.app)
        saved = await world.list(remote, resources.POD_VOLUME_BACKUPS)
        left = await remote.list_all(resources.PODS, label_selector=names.IS_STAGE_POD)
        claims = await world.list(remote, resources.PERSISTENT_VOLUME_CLAIMS, namespace=world.app)
        volume = await remote.get(resources.PERSISTENT_VOLUMES, f"{world.app}-data")
        space = await remote.get(resources.NAMESPACES, world.app)
    assert [entry["type"] for entry in over["status"]["conditions"]] == ["Ready", "Succeeded"]
    assert web["spec"]["replicas"] == 0
    assert web["metadata"]["annotations"][names.PRE_QUIESCE_REPLICAS] == "3"
    assert names.PRE_QUIESCE_REPLICAS not in idle["metadata"].get("annotations", {})
    assert len({item["spec"]["pod"]["name"] for item in saved}) == 2, "one pod for the Deployment's two claims, one for the orphan"
    assert len(saved) == 3
    assert [pod for pod in left if pod["metadata"]["namespace"] == world.app] == []
    for item in [*claims, volume, space]:
        assert names.INCLUDED_IN_STAGE_BACKUP not in item["metadata"].get("labels", {})
        assert not {names.MIGRATE_TYPE, names.COPY_METHOD, names.TARGET_STORAGE_CLASS} & item["metadata"].get("annotations", {}).keys()


async def test_an_application_without_volumes_needs_one_backup_and_one_restore(host: Client, remote: Client) -> None:
    """Only the objects travel; a mapped namespace is mapped in the Restore."""
    async with migrations.stage(host, remote) as world:
        await world.deployment("web", claims=[])
        await world.declare(volumes=[], mapping="elsewhere")
        await world.migrate("plain")
        async with migrations.running(world):
            over = await world.until_over("plain")
        (backup,) = await world.list(remote, resources.BACKUPS)
        (restore,) = await world.list(host, resources.RESTORES)
        web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
    assert [entry["type"] for entry in over["status"]["conditions"]] == ["Ready", "Succeeded"]
    assert migrations.word(backup) == "initial"
    assert restore["spec"]["namespaceMapping"] == {world.app: "elsewhere"}
    assert web["spec"]["replicas"] == 2, "nobody asked for the source to be stopped"


async def test_what_arrives_stopped_is_started(host: Client, remote: Client) -> None:
    """A Deployment that an earlier attempt had stopped, and that therefore arrives with its mark, gets its replicas back."""
    async with migrations.stage(host, remote) as world:
        await world.declare(volumes=[])
        await host.create(resources.NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": world.app}})
        marks = {names.PRE_QUIESCE_REPLICAS: "4", names.PRE_QUIESCE_PAUSED: "false"}
        template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
        spec = {"replicas": 0, "selector": {"matchLabels": {"app": "web"}}, "template": template}
        await world.make(host, resources.DEPLOYMENTS, "web", metadata={"annotations": marks}, spec=spec)
        await world.migrate("again", quiescePods=True)
        async with migrations.running(world):
            await world.until_over("again")
        web = await host.get(resources.DEPLOYMENTS, "web", namespace=world.app)
    assert web["spec"]["replicas"] == 4
    assert not marks.keys() & web["metadata"].get("annotations", {}).keys()


async def test_claims_without_a_volume_come_along_or_are_named(host: Client, remote: Client) -> None:
    """With the stage Backup, as they are; one that would be filled from something else stays, and all do where no volume is copied."""
    kind, spec = resources.PERSISTENT_VOLUME_CLAIMS, {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    snapshot = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "yesterday"}
    ends = {}
    for volumes in (["data"], []):
        async with migrations.stage(host, remote) as world:
            world.engine.claims = True
            for name in volumes:
                await world.volume(name)
            await world.make(remote, kind, "waits", spec={**spec, "storageClassName": "later"})
            await world.make(remote, kind, "cloned", spec={**spec, "storageClassName": "later", "dataSource": snapshot})
            await world.declare(volumes=volumes)
            await world.migrate("leaves")
            async with migrations.running(world):
                over = await world.until_over("leaves")
            marked = await remote.list_all(kind, namespace=world.app, label_selector=names.INCLUDED_IN_STAGE_BACKUP)
            arrived = {item["metadata"]["name"] for item in await host.list_all(kind, namespace=world.app)}
            told = {entry["type"]: entry for entry in over["status"]["conditions"]}
            ends[len(volumes)] = arrived, [item.rpartition("/")[2] for item in told["ClaimsLeftBehind"]["items"]], marked, set(told)
    shown = {"ClaimsLeftBehind", "SucceededWithWarnings", "Ready"}
    assert ends[1] == ({"data", "waits"}, ["cloned"], [], shown)
    assert ends[0] == (set(), ["cloned", "waits"], [], shown)


async def test_workloads_that_the_plan_leaves_out_are_named(host: Client, remote: Client) -> None:
    """They are stopped, because they may write to the volumes, and do not come along; a list with claims in it keeps nothing from running."""
    ends = {}
    limits: dict[str, dict[str, Any]] = {
        "labels": {"labelSelector": {"matchLabels": {"pick": "yes"}}},
        "kinds": {"includedResources": [{"group": "", "kind": "ConfigMap"}, {"group": "", "kind": "PersistentVolumeClaim"}]},
    }
    for word, limit in limits.items():
        async with migrations.stage(host, remote) as world:
            await world.deployment("web", claims=[])
            await world.remote.patch(resources.DEPLOYMENTS, "web", {"metadata": {"labels": {"pick": "yes"}}}, namespace=world.app)
            await world.deployment("other", claims=[])
            await world.declare(volumes=[], **limit)
            await world.migrate("part", quiescePods=True)
            async with migrations.running(world):
                over = await world.until_over("part")
            (backup,) = await world.list(remote, resources.BACKUPS)
        told = {entry["type"]: entry for entry in over["status"]["conditions"]}
        names_of = [item.rpartition("/")[2] for item in told["WorkloadsLeftBehind"]["items"]]
        ends[word] = names_of, set(told), backup["spec"]["includedResources"]
    shown = {"WorkloadsLeftBehind", "SucceededWithWarnings", "Ready"}
    assert ends == {"labels": (["other"], shown, []), "kinds": (["other", "web"], shown, ["configmaps"])}
