"""Given a running application, when it is staged ahead of the cut-over, then its data travel and it goes on running."""

import pytest

from kit import migrations, mortal, planes
from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Client, Object

pytestmark = pytest.mark.anyio


async def test_staging_twice_and_then_cutting_over_leaves_the_application_running_until_the_end(host: Client, remote: Client) -> None:
    """Stage migrations borrow the running pod and give it back; only the final one stops the application."""
    async with migrations.stage(host, remote) as world:
        await world.volume("data")
        await world.deployment("web", claims=["data"], replicas=1)
        (pod,) = await world.until_list(remote, resources.PODS, lambda found: len(found) == 1)
        await migrations.run_pod(remote, pod)
        await world.declare(volumes=["data"])
        async with migrations.running(world):
            for name in ("stage-1", "stage-2"):
                await world.migrate(name, stage=True)
                over = await world.until_over(name)
                assert [entry["type"] for entry in over["status"]["conditions"]] == ["Ready", "Succeeded"]
                assert over["status"]["itinerary"] == "Stage"
                (after,) = await world.list(remote, resources.PODS, namespace=world.app)
                assert after["metadata"]["uid"] == pod["metadata"]["uid"]
                assert after["metadata"]["labels"] == pod["metadata"]["labels"]
                assert after["metadata"].get("annotations") == pod["metadata"].get("annotations")
            await world.migrate("final", quiescePods=True)
            over = await world.until_over("final")
        assert [entry["type"] for entry in over["status"]["conditions"]] == ["Ready", "Succeeded"]
        saved = [item["spec"]["pod"]["name"] for item in await world.list(remote, resources.POD_VOLUME_BACKUPS)]
        assert sum(name == pod["metadata"]["name"] for name in saved) == 2
        assert sum(name.startswith("stage-web-") for name in saved) == 1
        backups = [migrations.word(item) for item in await world.list(remote, resources.BACKUPS)]
        assert sorted(backups) == ["initial", "stage", "stage", "stage"]
        kinds = {item["metadata"]["annotations"][names.MIGMIGRATION_TYPE] for item in await world.list(remote, resources.BACKUPS)}
        assert kinds == {"stage", "final"}


async def test_a_stage_migration_without_volumes_says_that_it_has_nothing_to_do(host: Client, remote: Client) -> None:
    """No Backup is made, and the end is a warning, not a plain success."""
    async with migrations.stage(host, remote) as world:
        await world.declare(volumes=[])
        await world.migrate("empty", stage=True)
        async with migrations.running(world):
            over = await world.until_over("empty")
        assert {entry["type"] for entry in over["status"]["conditions"]} == {"StageNoOp", "SucceededWithWarnings", "Ready"}
        assert await world.list(remote, resources.BACKUPS) == []


async def test_volumes_in_use_on_the_target_are_not_overwritten(host: Client, remote: Client) -> None:
    """The stage Restore is not made while a pod of the target uses the claim; the condition names the pod."""
    async with migrations.stage(host, remote) as world:
        await world.volume("data")
        await world.declare(volumes=["data"])
        await host.create(resources.NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": world.app}})
        await world.until(host, resources.SERVICE_ACCOUNTS, "default", bool, namespace=world.app)
        volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]
        spec = {"containers": [{"name": "c", "image": "i"}], "volumes": volumes}
        await world.make(host, resources.PODS, "busy", spec=spec)
        await world.migrate("careful", stage=True)
        async with migrations.running(world):
            stalled = await world.until_shows("careful", "Stalled")
            (condition,) = [entry for entry in stalled["status"]["conditions"] if entry["type"] == "Stalled"]
            assert f"Pod {world.app}/busy" in condition["message"]
            assert await world.list(host, resources.RESTORES) == []
            await host.delete(resources.PODS, "busy", namespace=world.app, grace_s=0)
            over = await world.until_over("careful")
        assert [entry["type"] for entry in over["status"]["conditions"]] == ["Ready", "Succeeded"]


async def test_a_borrowed_pod_that_ends_is_replaced_and_one_of_a_job_is_not_borrowed(host: Client, remote: Client) -> None:
    """While the stage pod of a Job's volume does not run yet, the pod of a person ends: its volume gets a stage pod too."""
    async with migrations.stage(host, remote) as world:
        for claim in ("batch", "desk"):
            await world.volume(claim)
        await world.make(remote, resources.JOBS, "batch", spec={"template": {"spec": _using("batch")}})
        (batch,) = await world.until_list(remote, resources.PODS, lambda found: len(found) == 1)
        desk = await world.make(remote, resources.PODS, "desk", spec=_using("desk"))
        for pod in (batch, desk):
            await migrations.run_pod(remote, pod)
        await world.declare(volumes=["batch", "desk"])
        world.engine.runs_pods = False
        await world.migrate("stage", stage=True)
        async with migrations.running(world):
            await world.until_phase("stage", "StagePodsCreated")
            marked = await remote.list_all(resources.PODS, namespace=world.app, label_selector=names.IS_APPLICATION_POD)
            assert [pod["metadata"]["name"] for pod in marked] == ["desk"]
            await remote.patch(resources.PODS, "desk", {"status": {"phase": "Succeeded"}}, namespace=world.app, subresource="status")
            sleeping = f"{names.IS_STAGE_POD},!{names.IS_APPLICATION_POD}"
            for pod in await world.until_list(remote, resources.PODS, lambda found: len(found) == 2, label_selector=sleeping):
                await migrations.run_pod(remote, pod)
            over = await world.until_over("stage")
        after = await remote.get(resources.PODS, "desk", namespace=world.app)
        saved = [item["spec"]["pod"]["name"] for item in await world.list(remote, resources.POD_VOLUME_BACKUPS)]
    assert [entry["type"] for entry in over["status"]["conditions"]] == ["Ready", "Succeeded"]
    assert after["metadata"].get("labels") == desk["metadata"].get("labels")
    assert sorted(name.rpartition("-")[0] for name in saved) == ["stage-batch", "stage-desk"]


def _using(claim: str) -> Object:
    """A pod spec that mounts a claim."""
    container = {"name": "c", "image": "registry.example/app:1", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": claim}}]
    return {"containers": [container], "volumes": volumes, "restartPolicy": "Never"}


async def test_volumes_that_were_on_the_target_before_are_named(host: Client, remote: Client) -> None:
    """Whose files are about to be replaced is told by a dry run and, however often the process dies, by the end of the migration."""
    async with migrations.stage(host, remote) as world:
        for claim in ("foreign", "own", "empty"):
            await world.volume(claim)
        await world.declare(volumes=["foreign", "own", "empty"])
        await planes.make_namespace(host, world.app)
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        for claim, labels in (("foreign", {}), ("own", {names.MIGRATED_BY_MIGPLAN: world.plan_uid}), ("empty", {}), ("other", {})):
            content = spec if claim == "empty" else {**spec, "volumeName": f"pv-{claim}"}
            await world.make(host, resources.PERSISTENT_VOLUME_CLAIMS, claim, spec=content, metadata={"labels": labels})
        note = {"annotations": {names.DRY_RUN: "true"}}
        reference = {"name": "shop", "namespace": world.namespace}
        look = {"spec": {"migPlanRef": reference, "stage": True}, "metadata": note}
        await world.make(host, resources.MIG_MIGRATIONS, "look", namespace=world.namespace, **look)
        async with migrations.running(world):
            looked = await world.until_over("look")
        await world.migrate("over", stage=True)
        await mortal.live_and_die(world, "over", mortal.Reaper(before=False, at=mortal.is_write))
        over = await world.until_over("over")
    found = planes.found(over)
    assert found.keys() == {"ExistingVolumesOverwritten", "SucceededWithWarnings", "Ready"}
    assert found["ExistingVolumesOverwritten"]["items"] == [f"{world.app}/foreign"]
    assert found["ExistingVolumesOverwritten"]["category"] == "Warn"
    assert f"[{world.app}/foreign]" in found["ExistingVolumesOverwritten"]["message"]
    assert found["ExistingVolumesOverwritten"]["message"] in looked["status"]["dryRun"]["warnings"]
