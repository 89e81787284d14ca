"""Given a plan whose images travel through migration registries, when it is migrated, then these are there for as long as they are needed."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from kit import doors, image_worlds, migrations, mortal, plain_registries, planes, streams, ways
from kit.migrations import World
from kit.s3 import SECRET_KEY, S3Server
from mtc.api import conditions, names
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration.settings import Live

pytestmark = pytest.mark.anyio

DIGEST = f"sha256:{'5' * 64}"
RESTRICTED = "pod-security.kubernetes.io/enforce"


async def _stream(world: World) -> None:
    """A stream of the application."""
    await streams.make(world.remote, world.app, "web", "127.0.0.1:1", {"latest": [DIGEST]})


def _is_over(item: Object) -> set[str]:
    return {entry["type"] for entry in item["status"]["conditions"]}


async def _holds(world: World, name: str) -> Object:
    """The migration in the middle of its stage Backup."""
    world.engine.holds.add("stage")
    return await world.until_phase(name, "StageBackupCreated")


async def test_registries_are_there_while_images_travel_and_gone_afterwards(host: Client, remote: Client, s3: S3Server) -> None:
    """On both clusters, with the plan's storage and the settings of the cluster; Backup and Restore say where each is."""
    async with image_worlds.stage(host, remote, s3) as world, image_worlds.kubelets(world):
        proxy = {"labels": {names.PROXY_CONFIG: names.PROXY_CONFIG_VALUE}}
        await world.make(remote, resources.SECRETS, "proxy", namespace=world.namespace, metadata=proxy, stringData={"NO_PROXY": "x"})
        await _stream(world)
        await image_worlds.declare(world)
        storage = await host.get(resources.MIG_STORAGES, "repo", namespace=world.namespace)
        folder = f"/repo-registry-{storage['metadata']['uid']}"
        await world.migrate("images", quiescePods=True)
        async with migrations.running(world):
            during = await _holds(world, "images")
            found = {cluster.name: await image_worlds.parts(world, cluster) for cluster in world.distinct}
            stage = next(item for item in await world.list(remote, resources.BACKUPS) if migrations.word(item) == "stage")
            marked = await remote.get(resources.IMAGE_STREAMS, "web", namespace=world.app)
            world.engine.holds.clear()
            await world.end_all(remote, resources.BACKUPS, "stage")
            over = await world.until_over("images")
        await image_worlds.until_gone(world)
        unmarked = await remote.get(resources.IMAGE_STREAMS, "web", namespace=world.app)
        restores = {migrations.word(item): item for item in await world.list(host, resources.RESTORES)}
    assert planes.found(during)[conditions.REGISTRIES_HEALTHY]["category"] == conditions.REQUIRED
    assert planes.found(during)[conditions.REGISTRIES_HEALTHY]["durable"] is True
    for name, parts in found.items():
        (secret,), (deployment,), (service,) = parts.values()
        assert len({part["metadata"]["name"] for part in (secret, deployment, service)}) == 1
        assert secret["metadata"]["name"].startswith(f"registry-{world.plan_uid}-")
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        assert container["name"] == "registry"
        assert container["image"] == image_worlds.IMAGE
        assert container.get("envFrom") == ([{"secretRef": {"name": "proxy"}}] if name == "remote" else None)
        assert (container["readinessProbe"]["timeoutSeconds"], container["livenessProbe"]["timeoutSeconds"]) == (7, 9)
        assert container["readinessProbe"]["httpGet"] == {"path": "/v2/_catalog?n=5", "port": 5000, "scheme": "HTTP"}
        env = {entry["name"]: entry.get("value") for entry in container["env"]}
        assert env["REGISTRY_STORAGE"] == "s3"
        assert env[names.REGISTRY_FOLDER_VARIABLE] == folder
        assert SECRET_KEY not in str(deployment)
        assert service["spec"]["ports"][0]["name"] == "5000-tcp"
    own = {name: f"{parts['Service'][0]['spec']['clusterIP']}:5000" for name, parts in found.items()}
    assert stage["metadata"]["annotations"][names.REGISTRY] == own["remote"]
    assert stage["metadata"]["annotations"][names.REGISTRY_DIR] == folder
    assert "imagestreams" in stage["spec"]["includedResources"]
    assert {word: item["metadata"]["annotations"][names.REGISTRY] for word, item in restores.items()} == {
        "stage": own["host"],
        "final": own["host"],
    }
    assert names.INCLUDED_IN_STAGE_BACKUP in marked["metadata"]["labels"]
    assert names.INCLUDED_IN_STAGE_BACKUP not in (unmarked["metadata"].get("labels") or {})
    assert _is_over(over) == {"Ready", "Succeeded"}


async def test_without_image_streams_there_is_no_registry(host: Client, remote: Client, s3: S3Server) -> None:
    """The plan would copy images, and its namespaces have none: nothing is made, and a stage migration says so."""
    async with image_worlds.stage(host, remote, s3) as world:
        await image_worlds.declare(world)
        await world.migrate("empty", stage=True)
        async with migrations.running(world):
            over = await world.until_over("empty")
        seen = [await image_worlds.parts(world, cluster) for cluster in world.distinct]
    assert _is_over(over) == {"StageNoOp", "SucceededWithWarnings", "Ready"}
    assert all(not items for parts in seen for items in parts.values())


async def test_streams_travel_alone_where_images_are_not_to_be_copied(host: Client, remote: Client, s3: S3Server) -> None:
    """By a setting: the stage Backup has them and says so, and no registry is made."""
    async with image_worlds.stage(host, remote, s3) as world:
        world.settings = Live({"DISABLE_IMAGE_COPY": "true"})
        await _stream(world)
        await image_worlds.declare(world)
        await world.migrate("alone", stage=True)
        async with migrations.running(world):
            await _holds(world, "alone")
            seen = [await image_worlds.parts(world, cluster) for cluster in world.distinct]
            world.engine.holds.clear()
            await world.end_all(remote, resources.BACKUPS, "stage")
            over = await world.until_over("alone")
        (backup,) = await world.list(remote, resources.BACKUPS)
        (restore,) = await world.list(host, resources.RESTORES)
    assert all(not items for parts in seen for items in parts.values())
    assert "imagestreams" in backup["spec"]["includedResources"]
    assert backup["metadata"]["annotations"][names.DISABLE_IMAGE_COPY] == "true"
    assert not {names.REGISTRY, names.DISABLE_IMAGE_COPY} & restore["metadata"]["annotations"].keys()
    assert _is_over(over) == {"Ready", "Succeeded"}


async def test_a_dry_run_says_that_there_will_be_registries_and_makes_none(host: Client, remote: Client, s3: S3Server) -> None:
    """It lists the phases that images need."""
    async with image_worlds.stage(host, remote, s3) as world:
        await _stream(world)
        await image_worlds.declare(world)
        over = await ways.rehearse(world, "look")
        seen = [await image_worlds.parts(world, cluster) for cluster in world.distinct]
    phases = [entry["name"] for entry in over["status"]["dryRun"]["phases"]]
    assert [name for name in phases if "Registries" in name] == ["CreateRegistries", "WaitForRegistriesReady", "DeleteRegistries"]
    assert all(not items for parts in seen for items in parts.values())


async def test_a_registry_that_fails_is_told_and_the_migration_waits_for_it(host: Client, remote: Client, s3: S3Server) -> None:
    """Its pod may be sick or missing; what was deleted of it is made anew, and the migration goes on by itself."""
    async with image_worlds.stage(host, remote, s3) as world, image_worlds.kubelets(world) as nodes:
        await _stream(world)
        await image_worlds.declare(world)
        await world.migrate("sick", stage=True)
        async with migrations.running(world):
            await _holds(world, "sick")
            nodes.states["remote"] = image_worlds.waiting("CrashLoopBackOff", "back-off 10s")
            await nodes.look_again()
            seen = await world.until_shows("sick", conditions.REGISTRIES_UNHEALTHY)
            assert conditions.REGISTRIES_HEALTHY not in planes.found(seen)
            assert migrations.phase(seen) == "StageBackupCreated"
            (pod,) = await image_worlds.until(world, remote, resources.PODS, bool)
            told = planes.found(seen)[conditions.REGISTRIES_UNHEALTHY]
            assert told["category"] == conditions.CRITICAL
            assert f"Pod {world.namespace}/{pod['metadata']['name']}" in told["message"]
            assert "on cluster remote is not healthy: CrashLoopBackOff: back-off 10s" in told["message"]

            # Nothing may begin in this namespace now.
            meta = {"metadata": {"labels": {RESTRICTED: "restricted"}}}
            await remote.patch(resources.NAMESPACES, world.namespace, meta)
            (deployment,) = (await image_worlds.parts(world, remote))["Deployment"]
            await remote.delete(resources.DEPLOYMENTS, deployment["metadata"]["name"], namespace=world.namespace)
            missing = f"The pod of the migration registry of MigPlan {world.namespace}/shop is missing on cluster remote."
            await world.until(
                host,
                resources.MIG_MIGRATIONS,
                "sick",
                lambda item: planes.found(item).get(conditions.REGISTRIES_UNHEALTHY, {}).get("message") == missing,
            )
            nodes.states.clear()
            await remote.patch(resources.NAMESPACES, world.namespace, {"metadata": {"labels": {RESTRICTED: None}}})
            world.engine.holds.clear()
            await world.end_all(remote, resources.BACKUPS, "stage")
            over = await world.until_over("sick")
        await image_worlds.until_gone(world)
    assert _is_over(over) == {"Ready", "Succeeded"}


async def test_what_somebody_changes_of_a_registry_is_put_back(host: Client, remote: Client, s3: S3Server) -> None:
    """While it is waited for: a part that is gone, another image, a Secret with something else in it."""
    async with image_worlds.stage(host, remote, s3) as world, image_worlds.kubelets(world) as nodes:
        nodes.states |= dict.fromkeys(("host", "remote"), image_worlds.waiting("ContainerCreating"))
        await _stream(world)
        await image_worlds.declare(world)
        await world.migrate("edited", stage=True)
        async with migrations.running(world):
            seen = await world.until_phase("edited", "WaitForRegistriesReady")
            assert not {conditions.REGISTRIES_HEALTHY, conditions.REGISTRIES_UNHEALTHY} & _is_over(seen)
            (secret,), (deployment,), (service,) = (await image_worlds.parts(world, remote)).values()
            name = secret["metadata"]["name"]
            await remote.delete(resources.SERVICES, name, namespace=world.namespace)
            await image_worlds.until(
                world,
                remote,
                resources.SERVICES,
                lambda items: [item for item in items if item["metadata"]["uid"] != service["metadata"]["uid"]] != [],
            )
            container = {"name": "registry", "image": "registry.example/other:1"}
            patch = {"spec": {"template": {"spec": {"containers": [container]}}}}
            await remote.patch(resources.DEPLOYMENTS, name, patch, namespace=world.namespace, how="strategic")
            await image_worlds.until(
                world,
                remote,
                resources.DEPLOYMENTS,
                lambda items: (
                    items[0]["metadata"]["generation"] > deployment["metadata"]["generation"] + 1
                    and items[0]["spec"]["template"]["spec"]["containers"][0]["image"] == image_worlds.IMAGE
                ),
            )
            await remote.patch(resources.SECRETS, name, {"data": {"access_key": "eA=="}}, namespace=world.namespace)
            await image_worlds.until(
                world, remote, resources.SECRETS, lambda items: items[0]["data"]["access_key"] == secret["data"]["access_key"]
            )
            await remote.delete(resources.SECRETS, name, namespace=world.namespace)
            await image_worlds.until(
                world, remote, resources.DEPLOYMENTS, lambda items: bool(items) and all(item["metadata"]["name"] != name for item in items)
            )
            nodes.states.clear()
            await nodes.look_again()
            over = await world.until_over("edited")
        await image_worlds.until_gone(world)
    assert _is_over(over) == {"Ready", "Succeeded"}


async def test_an_image_that_cannot_be_pulled_ends_the_migration_and_nothing_stays(host: Client, remote: Client, s3: S3Server) -> None:
    """It says which setting to correct; a failure clears the registries away, and another try makes them anew."""
    async with image_worlds.stage(host, remote, s3) as world, image_worlds.kubelets(world) as nodes:
        nodes.states["host"] = image_worlds.waiting("ImagePullBackOff", "no such image")
        await _stream(world)
        await image_worlds.declare(world)
        await world.migrate("nowhere", stage=True)
        async with migrations.running(world):
            over = await world.until_over("nowhere")
            await image_worlds.until_gone(world)
            assert await world.list(remote, resources.BACKUPS) == []
            nodes.states.clear()
            again = {"metadata": {"annotations": {names.RETRY: "now"}}}
            await host.patch(resources.MIG_MIGRATIONS, "nowhere", again, namespace=world.namespace)
            await world.until(host, resources.MIG_MIGRATIONS, "nowhere", planes.shows(conditions.SUCCEEDED))
            await image_worlds.until_gone(world)
    found = planes.found(over)
    assert found[conditions.FAILED]["reason"] == "WaitForRegistriesReady"
    assert not {conditions.REGISTRIES_HEALTHY, conditions.REGISTRIES_UNHEALTHY} & found.keys()
    (told,) = [text for text in over["status"]["errors"] if "ImagePullBackOff" in text]
    assert "on cluster host is not healthy: ImagePullBackOff: no such image." in told
    assert "migration_registry_image_fqin" in told


async def test_a_cancel_is_not_held_up_by_a_sick_registry(host: Client, remote: Client, s3: S3Server) -> None:
    """Whoever clears away needs none."""
    async with image_worlds.stage(host, remote, s3) as world, image_worlds.kubelets(world) as nodes:
        await _stream(world)
        await image_worlds.declare(world)
        await world.migrate("stopped", stage=True)
        async with migrations.running(world):
            await _holds(world, "stopped")
            nodes.states["host"] = image_worlds.waiting("CrashLoopBackOff", "exit 1")
            await nodes.look_again()
            await world.until_shows("stopped", conditions.REGISTRIES_UNHEALTHY)
            await host.patch(resources.MIG_MIGRATIONS, "stopped", {"spec": {"canceled": True}}, namespace=world.namespace)
            over = await world.until_over("stopped")
        await image_worlds.until_gone(world)
    assert conditions.CANCELED in _is_over(over)
    assert conditions.REGISTRIES_UNHEALTHY not in _is_over(over)


@pytest.mark.parametrize("before", [True, False])
async def test_a_kill_at_every_write_leaves_nothing_behind(host: Client, remote: Client, s3: S3Server, *, before: bool) -> None:
    """One registry a cluster at every time, one Backup, one Restore, and none of the registries in the end."""
    async with image_worlds.stage(host, remote, s3) as world, image_worlds.kubelets(world):
        await _stream(world)
        await image_worlds.declare(world)
        await world.migrate("tough", stage=True)
        reaper = mortal.Reaper(before=before, at=mortal.is_write)
        await mortal.live_and_die(world, "tough", reaper)
        over = await host.get(resources.MIG_MIGRATIONS, "tough", namespace=world.namespace)
        made = [*await world.list(remote, resources.BACKUPS), *await world.list(host, resources.RESTORES)]
        await image_worlds.until_gone(world)
    assert {"CreateRegistries", "WaitForRegistriesReady", "DeleteRegistries"} <= reaper.phases
    assert [migrations.word(item) for item in made] == ["stage", "stage"]
    assert _is_over(over) == {"Ready", "Succeeded"}


async def test_without_an_image_the_setting_is_named(host: Client, remote: Client, s3: S3Server) -> None:
    """The migration goes on as soon as the cluster has one."""
    async with image_worlds.stage(host, remote, s3) as world, image_worlds.kubelets(world):
        without = {"data": {"REGISTRY_IMAGE": None}}
        await remote.patch(resources.CONFIG_MAPS, names.CLUSTER_CONFIG_MAP, without, namespace=world.namespace)
        await _stream(world)
        await image_worlds.declare(world)
        await world.migrate("unset", stage=True)
        async with migrations.running(world):
            seen = await world.until_shows("unset", conditions.RECONCILE_FAILED)
            assert "cluster remote has no REGISTRY_IMAGE" in planes.found(seen)[conditions.RECONCILE_FAILED]["message"]
            data = {"data": {"REGISTRY_IMAGE": image_worlds.IMAGE}}
            await remote.patch(resources.CONFIG_MAPS, names.CLUSTER_CONFIG_MAP, data, namespace=world.namespace)
            over = await world.until_over("unset")
    assert _is_over(over) == {"Ready", "Succeeded"}


async def test_images_arrive_through_registries_that_keep_them_in_the_bucket(
    host: Client, remote: Client, s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real engines, real registries with the environment that their Deployments give them, and a network that leads to their Services.

    What ran the images there runs them here: the Deployment names the registry and the namespace of the target.
    """
    routes: dict[str, str] = {}
    with ExitStack() as stack:
        source, target = (stack.enter_context(plain_registries.registry(tmp_path / name)) for name in ("source", "target"))

        async def begin(cluster: Client, pod: Object) -> None:
            env = await image_worlds.variables(cluster, pod)
            there = stack.enter_context(plain_registries.registry(tmp_path / pod["metadata"]["name"], env=env))
            (service,) = await image_worlds.until(worlds[0], cluster, resources.SERVICES, bool)
            routes[f"{service['spec']['clusterIP']}:5000"] = there.host

        worlds: list[World] = []
        async with (
            doors.door(routes.get) as proxy,
            image_worlds.stage(host, remote, s3, own=(source.host, target.host), is_engine_real=True) as world,
            image_worlds.kubelets(world, begin=begin),
        ):
            worlds.append(world)
            monkeypatch.setenv("HTTP_PROXY", f"http://{proxy}")
            monkeypatch.setenv("NO_PROXY", os.environ.get("NO_PROXY", "") + ",127.0.0.1,localhost")
            digests = [plain_registries.push(source.host, f"{world.app}/web", text=text) for text in ("new", "old")]
            await streams.make(remote, world.app, "web", source.host, {"latest": digests})
            container = {"name": "app", "image": f"{source.host}/{world.app}/web@{digests[0]}"}
            labels = {"app": "web"}
            template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
            spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
            await world.make(remote, resources.DEPLOYMENTS, "web", spec=spec)
            await image_worlds.declare(world, mapping=f"{world.app}-there")
            await world.migrate("travel", quiescePods=True)
            async with migrations.running(world):
                over = await world.until_over("travel")
            assert _is_over(over) == {"Ready", "Succeeded"}, over["status"]
            there = f"{world.app}-there"
            assert plain_registries.digest_of(target.host, f"{there}/web", "latest") == digests[0]
            assert plain_registries.digest_of(target.host, f"{there}/web", digests[1]) == digests[1]
            stream = await host.get(resources.IMAGE_STREAMS, "web", namespace=there)
            assert stream["metadata"]["labels"][names.MIGRATED_BY_MIGPLAN] == world.plan_uid
            web = await host.get(resources.DEPLOYMENTS, "web", namespace=there)
            assert web["spec"]["template"]["spec"]["containers"][0]["image"] == f"{target.host}/{there}/web@{digests[0]}"
            await image_worlds.until_gone(world)
            assert len(routes) == 2
