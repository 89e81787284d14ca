"""Given an application that was stopped, when somebody starts it again before its volumes are copied, then no success hides what was lost."""

import asyncio
from contextlib import suppress

import pytest

from kit import migrations, planes, ways
from kit.migrations import World
from mtc.api import names
from mtc.kube import errors, resources, watch
from mtc.kube.client import Client, Object

pytestmark = pytest.mark.anyio


async def application(world: World) -> None:
    """A Deployment with one volume, one without, and a plan for them."""
    await world.volume("data")
    await world.deployment("web", claims=["data"])
    await world.deployment("front", claims=[])
    await world.declare(volumes=["data"])


async def scale(world: World, replicas: int, name: str = "web") -> None:
    """What a GitOps tool does that has the number of replicas written down."""
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": world.app},
        "spec": {"replicas": replicas},
    }
    await world.remote.apply(resources.DEPLOYMENTS, body, manager="some-tool")


async def end_copy(world: World) -> None:
    """Lets the Backup of volumes end that was held."""
    world.engine.holds.clear()
    await world.end_all(world.remote, resources.BACKUPS, "stage")


def reasons(over: Object) -> str:
    """What a failed migration tells, when it failed because of this."""
    assert planes.found(over).keys() == {"Failed"}
    return " ".join(over["status"]["errors"])


async def test_what_is_started_while_its_volumes_are_copied_fails_the_migration_and_another_try_copies_anew(
    host: Client, remote: Client
) -> None:
    """It is named with who did it; the next try stops it once more."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        async with ways.copying(world, "torn"):
            await scale(world, 2)
            await end_copy(world)
            text = reasons(await world.until_over("torn"))
            assert f"Deployment {world.app}/web (field manager some-tool)" in text
            assert "source cluster remote" in text
            assert "mtc retry torn" in text
            again = {"metadata": {"annotations": {names.RETRY: "again"}}}
            await host.patch(resources.MIG_MIGRATIONS, "torn", again, namespace=world.namespace)
            await world.until_shows("torn", "Succeeded", timeout_s=60)
        web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
    assert web["spec"]["replicas"] == 0


async def test_what_is_started_and_stopped_again_while_its_volumes_are_copied_is_seen_as_well(host: Client, remote: Client) -> None:
    """Nothing runs any more when the copy ends."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        async with ways.copying(world, "brief"):
            await scale(world, 1)
            await world.until_list(remote, resources.PODS, bool, label_selector="app=web")
            await scale(world, 0)
            await world.until_list(remote, resources.PODS, lambda pods: not pods, label_selector="app=web")
            await end_copy(world)
            text = reasons(await world.until_over("brief"))
    assert f"Deployment {world.app}/web" in text


async def test_what_is_started_before_its_volumes_are_copied_is_not_copied_at_all(host: Client, remote: Client) -> None:
    """While stage pods start; the hours of the copy are spared."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        world.engine.runs_pods = False
        await world.migrate("early", quiescePods=True)
        async with migrations.running(world):
            await world.until_phase("early", "StagePodsCreated")
            await scale(world, 2)
            for pod in await remote.list_all(resources.PODS, namespace=world.app, label_selector=names.IS_STAGE_POD):
                await migrations.run_pod(remote, pod)
            text = reasons(await world.until_over("early"))
        backups = await world.list(remote, resources.BACKUPS)
    assert f"Deployment {world.app}/web" in text
    assert {migrations.word(item) for item in backups} == {"initial"}


async def test_what_uses_no_copied_volume_may_start(host: Client, remote: Client) -> None:
    """It can have written to none."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        async with ways.copying(world, "calm"):
            await scale(world, 2, "front")
            await end_copy(world)
            over = await world.until_over("calm")
    assert planes.found(over).keys() == {"Succeeded", "Ready"}


async def test_a_pod_that_nobody_can_stop_and_that_comes_while_volumes_are_copied_is_told(host: Client, remote: Client) -> None:
    """A person looks into a volume with a pod of their own."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        async with ways.copying(world, "visited"):
            container = {"name": "c", "image": "registry.example/app:1", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}
            spec = {"containers": [container], "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}
            await world.make(remote, resources.PODS, "visitor", spec=spec)
            await end_copy(world)
            over = await world.until_over("visited")
    told = planes.found(over)
    assert told.keys() == {"PodsNotQuiesced", "SucceededWithWarnings", "Ready"}
    assert told["PodsNotQuiesced"]["items"] == [f"Pod {world.app}/visitor"]


async def test_who_writes_the_whole_object_anew_is_noticed_and_what_is_remembered_comes_back(host: Client, remote: Client) -> None:
    """The marks of the migration are gone with the number of replicas; nothing is copied while that goes on."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        fighting = asyncio.create_task(_replace_always(world))
        try:
            await world.migrate("replaced", quiescePods=True)
            async with migrations.running(world):
                shown = await world.until_shows("replaced", "Stalled")
                said = planes.found(shown)["Stalled"]
                assert (said["category"], said["reason"]) == ("Error", "StartedAgain")
                assert f"Deployment {world.app}/web" in said["message"]
                assert {migrations.word(item) for item in await world.list(remote, resources.BACKUPS)} == {"initial"}
                fighting.cancel()
                over = await world.until_over("replaced")
            web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
        finally:
            fighting.cancel()
    assert planes.found(over).keys() == {"Succeeded", "Ready"}
    assert web["spec"]["replicas"] == 0
    assert web["metadata"]["annotations"][names.PRE_QUIESCE_REPLICAS] == "2"


async def _replace_always(world: World) -> None:
    """What an operator does that makes its objects anew."""
    async for event in watch.watch(world.remote, resources.DEPLOYMENTS, namespace=world.app):
        item = event.object
        if item and event.type == "MODIFIED" and item["metadata"]["name"] == "web" and item["spec"]["replicas"] == 0:
            meta = {key: value for key, value in item["metadata"].items() if key not in {"annotations", "managedFields"}}
            with suppress(errors.Conflict):
                await world.remote.replace(resources.DEPLOYMENTS, {**item, "metadata": meta, "spec": {**item["spec"], "replicas": 2}})


async def close(world: World) -> None:
    """What a person does with kubectl, whom nothing holds back."""
    await world.host.patch(resources.MIG_PLANS, "shop", {"spec": {"closed": True}}, namespace=world.namespace)


async def test_a_migration_whose_plan_is_closed_in_mid_run_goes_on_to_its_end(host: Client, remote: Client) -> None:
    """The application does not stand still for ever, and nothing speaks of a rollback that cannot be."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        async with ways.copying(world, "closed"):
            await close(world)
            await end_copy(world)
            over = await world.until_over("closed")
    assert planes.found(over).keys() == {"Succeeded", "Ready"}
    rollback = over["status"]["rollback"]
    assert (rollback["state"], rollback.get("manifest")) == ("not-required", None)
    assert "closed" in rollback["message"]


async def test_a_failure_after_the_plan_was_closed_tells_how_to_start_the_application_by_hand(host: Client, remote: Client) -> None:
    """Neither a rollback nor another try is possible any more, and neither is advised."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        world.engine.ends["stage"] = "Failed"
        async with ways.copying(world, "closed"):
            await close(world)
            await end_copy(world)
            over = await world.until_over("closed")
            text, rollback = reasons(over), over["status"]["rollback"]
            again = {"metadata": {"annotations": {names.RETRY: "again"}}}
            await host.patch(resources.MIG_MIGRATIONS, "closed", again, namespace=world.namespace)
            refused = await world.until_shows("closed", "RetryRefused")
    for name in ("front", "web"):
        assert f"kubectl -n {world.app} patch deployments.apps {name} --type=merge -p" in text
    assert names.RETRY not in text
    assert (rollback["state"], rollback.get("manifest")) == ("required", None)
    assert rollback["workloads"] == [f"Deployment {world.app}/front", f"Deployment {world.app}/web"]
    assert planes.found(refused)["RetryRefused"]["reason"] == "Closed"


async def test_what_stands_still_is_told_when_the_plan_is_deleted_in_mid_run(host: Client, remote: Client) -> None:
    """The migration goes with its plan, and with it whatever could tell of the application."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        async with ways.copying(world, "gone"):
            await host.delete(resources.MIG_PLANS, "shop", namespace=world.namespace)
            toolkit = planes.World(host, host, world.namespace)

            def told(events: list[Object]) -> bool:
                return any(event["reason"] == "ApplicationLeftStopped" for event in events)

            events = await toolkit.until_list(resources.EVENTS, told, cluster=host)
    (event,) = [event for event in events if event["reason"] == "ApplicationLeftStopped"]
    assert (event["type"], event["involvedObject"]["name"]) == ("Warning", "gone")
    assert f"Deployment {world.app}/front, Deployment {world.app}/web" in event["message"]
    assert f"kubectl -n {world.app} patch deployments.apps front --type=merge -p" in event["message"]
