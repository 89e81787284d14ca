"""Given a plan with hooks, when it is cut over, then each runs once, at its point, as the account that the plan names."""

import asyncio
import base64
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

import pytest

from kit import migrations, planes, ways
from kit.migrations import World
from mtc.api import names
from mtc.kube import resources, watch
from mtc.kube.client import Client, Object

pytestmark = pytest.mark.anyio

POINTS = ("PreBackup", "PostBackup", "PreRestore", "PostRestore")
PLAYBOOK = "- hosts: localhost\n"
IMAGE = "registry.example/hook:1"


async def application(world: World, *points: str, account: str = "default", **spec: Any) -> None:
    """A Deployment with a volume, and a plan with a hook for each point: the first two in the source, the others in the target."""
    await world.volume("data")
    await world.deployment("web", claims=["data"])
    hooks = []
    for point in points:
        where = "source" if point in POINTS[:2] else "destination"
        content = {"custom": True, "image": IMAGE, "targetCluster": where, **spec}
        await world.make(world.host, resources.MIG_HOOKS, point.lower(), namespace=world.namespace, spec=content)
        reference = {"name": point.lower(), "namespace": world.namespace}
        hooks.append({"reference": reference, "phase": point, "executionNamespace": world.app, "serviceAccount": account})
    await planes.make_namespace(world.host, world.app)
    for cluster in (world.host, world.remote):
        await world.until(cluster, resources.SERVICE_ACCOUNTS, "default", bool, namespace=world.app)
    await world.declare(volumes=["data"], hooks=hooks)


@asynccontextmanager
async def kubelet(world: World, *, ends: str = "Succeeded", fails: Collection[str] = ()) -> AsyncIterator[list[Object]]:
    """Ends the pods of hooks, one after the other, those of some points badly; the Jobs as they were when their first pod began."""
    begun: list[Object] = []

    async def play(cluster: Client) -> None:
        async for event in watch.watch(cluster, resources.PODS, namespace=world.app, label_selector=names.PHASE):
            if event.type == "ADDED" and (owner := event.object["metadata"]["ownerReferences"][0]):
                begun.append(await cluster.get(resources.JOBS, owner["name"], namespace=world.app))
                is_bad = event.object["metadata"]["labels"][names.PHASE] in fails
                if is_bad:
                    # Kubernetes waits longer before each try; this test does not.
                    await cluster.patch(resources.JOBS, owner["name"], {"spec": {"backoffLimit": 0}}, namespace=world.app)
                body = {"status": {"phase": "Failed" if is_bad else ends}}
                name = event.object["metadata"]["name"]
                await cluster.patch(resources.PODS, name, body, namespace=world.app, subresource="status")

    players = [asyncio.create_task(play(cluster)) for cluster in (world.host, world.remote)]
    try:
        yield begun
    finally:
        for player in players:
            player.cancel()
        await asyncio.wait(players)


async def test_each_hook_runs_once_at_its_point(host: Client, remote: Client) -> None:
    """In the order of the points, each in its cluster; the pipeline has a step for each, and the migration succeeds."""
    async with migrations.stage(host, remote) as world:
        await application(world, *POINTS)
        await world.migrate("hooked", quiescePods=True)
        async with kubelet(world) as begun, migrations.running(world):
            over = await world.until_over("hooked")
        uid = over["metadata"]["uid"]
        jobs = {cluster.name: await cluster.list_all(resources.JOBS, namespace=world.app) for cluster in (remote, host)}
    assert planes.found(over).keys() == {"Succeeded", "Ready"}
    assert [job["metadata"]["labels"][names.PHASE] for job in begun] == list(POINTS)
    assert {name: len(found) for name, found in jobs.items()} == {remote.name: 2, host.name: 2}
    steps = [step["name"] for step in over["status"]["pipeline"] if step["message"] == "Completed"]
    assert [name for name in steps if name.endswith("Hooks")] == [f"{point}Hooks" for point in POINTS]
    assert steps.index("PreBackupHooks") < steps.index("Backup") < steps.index("PostBackupHooks") < steps.index("Restore")
    assert steps.index("Restore") < steps.index("PostRestoreHooks")
    first = begun[0]
    assert first["metadata"]["name"].startswith("shop-prebackup-")
    assert first["metadata"]["labels"].items() >= {names.OWNER: uid, names.PART_OF: names.PART_OF_VALUE}.items()
    pod = first["spec"]["template"]["spec"]
    assert (pod["serviceAccountName"], first["spec"]["activeDeadlineSeconds"]) == ("default", 1805)
    (container,) = pod["containers"]
    assert (container["name"], container["image"]) == ("shop-prebackup", IMAGE)
    assert "command" not in container
    values = {entry["name"]: entry["value"] for entry in container["env"]}
    assert values == {"MIGRATION_NAMESPACES": world.app, "MIGRATION_PLAN_NAME": "shop"}


async def test_a_stage_migration_runs_no_hooks(host: Client, remote: Client) -> None:
    """They belong to the cut-over."""
    async with migrations.stage(host, remote) as world:
        await application(world, *POINTS)
        await world.migrate("ahead", stage=True)
        async with migrations.running(world):
            over = await world.until_over("ahead")
        jobs = [job for cluster in (remote, host) for job in await cluster.list_all(resources.JOBS, namespace=world.app)]
    assert "Succeeded" in planes.found(over)
    assert jobs == []


async def test_a_playbook_is_mounted_and_run_by_ansible(host: Client, remote: Client) -> None:
    """Its ConfigMap is made once, with the deadline that the hook asks for."""
    async with migrations.stage(host, remote) as world:
        content = {"custom": False, "playbook": base64.b64encode(PLAYBOOK.encode()).decode(), "activeDeadlineSeconds": 60}
        await application(world, "PreBackup", **content)
        await world.migrate("played", quiescePods=True)
        async with kubelet(world) as begun, migrations.running(world):
            over = await world.until_over("played")
        (book,) = await remote.list_all(resources.CONFIG_MAPS, namespace=world.app, label_selector=names.PHASE)
    assert "Succeeded" in planes.found(over)
    assert book["data"] == {"playbook.yml": PLAYBOOK}
    pod = begun[0]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    # The limit is the Job's, for all its pods; that of a pod comes a little earlier, so that its log stays.
    assert begun[0]["spec"]["activeDeadlineSeconds"] == 65
    assert pod["activeDeadlineSeconds"] == 60
    assert container["command"] == ["/bin/entrypoint", "ansible-runner", "run", "/tmp/runner", "-p", "/tmp/playbook/playbook.yml"]  # noqa: S108
    assert container["volumeMounts"] == [{"name": "playbook", "mountPath": "/tmp/playbook"}]  # noqa: S108
    assert pod["volumes"] == [{"name": "playbook", "configMap": {"name": book["metadata"]["name"], "defaultMode": 0o644}}]


async def test_a_hook_that_fails_ends_the_migration_and_says_where_its_logs_are(host: Client, remote: Client) -> None:
    """Nothing has been stopped when the first one fails."""
    async with migrations.stage(host, remote) as world:
        await application(world, "PreBackup")
        await world.migrate("bad", quiescePods=True)
        async with migrations.running(world):
            (job,) = await world.until_list(remote, resources.JOBS, lambda found: len(found) == 1)
            name = job["metadata"]["name"]
            # Kubernetes waits longer before each try; this test does not.
            await remote.patch(resources.JOBS, name, {"spec": {"backoffLimit": 0}}, namespace=world.app)
            async with kubelet(world, ends="Failed"):
                over = await world.until_over("bad")
        web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
    (told,) = [line for line in over["status"]["errors"] if "hook" in line]
    assert planes.found(over)["Failed"]["reason"] == "PreBackupHooks"
    assert "BackoffLimitExceeded" in told
    assert f"kubectl -n {world.app} logs job/{name}" in told
    assert web["spec"]["replicas"] == 2
    assert over["status"]["rollback"]["state"] == "not-required"


async def test_a_hook_that_is_tried_again_tells_how_the_last_try_ended(host: Client, remote: Client) -> None:
    """While it runs: nobody waits in silence for the other tries."""
    async with migrations.stage(host, remote) as world:
        await application(world, "PreBackup")
        await world.migrate("again", quiescePods=True)
        async with migrations.running(world):
            (pod,) = await world.until_list(remote, resources.PODS, lambda found: len(found) == 1, label_selector=names.PHASE)
            name = pod["metadata"]["name"]
            container = {"name": "shop-prebackup", "image": IMAGE, "imageID": "", "ready": False, "restartCount": 0}
            ended = {"phase": "Failed", "containerStatuses": [{**container, "state": {"terminated": {"exitCode": 7}}}]}
            await remote.patch(resources.PODS, name, {"status": ended}, namespace=world.app, subresource="status")
            said = f"1 of at most 7 tries have failed. The last try, pod {name}, ended with exit code 7."
            await world.until(host, resources.MIG_MIGRATIONS, "again", lambda item: said in str(item), namespace=world.namespace)


async def test_the_account_of_a_late_hook_is_looked_for_before_anything_is_stopped(host: Client, remote: Client) -> None:
    """A dry run says so too; an account that comes with the application need not be there yet."""
    async with migrations.stage(host, remote) as world:
        await application(world, "PostBackup", "PostRestore", account="deployer")
        await world.make(remote, resources.SERVICE_ACCOUNTS, "deployer")
        looked = await ways.rehearse(world, "look", quiescePods=True)
        await remote.delete(resources.SERVICE_ACCOUNTS, "deployer", namespace=world.app)
        lacking = await ways.rehearse(world, "look-again", quiescePods=True)
        await world.migrate("hooked", quiescePods=True)
        async with migrations.running(world):
            over = await world.until_over("hooked")
        web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
    assert looked["status"]["dryRun"].get("conflicts", []) == []
    for told in (lacking["status"]["dryRun"]["conflicts"], over["status"]["errors"]):
        assert [[point in text for point in ("PostBackup", "PostRestore")] for text in told] == [[True, False], [False, True]]
        assert all(f"ServiceAccount {world.app}/deployer" in text for text in told)
    assert planes.found(over)["Failed"]["reason"] == "Started"
    assert web["spec"]["replicas"] == 2


async def test_a_hook_without_its_account_fails_at_once(host: Client, remote: Client) -> None:
    """A Job would wait for it for ever."""
    async with migrations.stage(host, remote) as world:
        await application(world, "PreBackup", account="nobody")
        await world.migrate("alone", quiescePods=True)
        async with migrations.running(world):
            over = await world.until_over("alone")
    assert any(f"{world.app}/nobody" in line for line in over["status"]["errors"])


async def test_canceling_deletes_the_hook_that_runs(host: Client, remote: Client) -> None:
    """Its Job and its playbook are gone."""
    async with migrations.stage(host, remote) as world:
        await application(world, "PreBackup", custom=False, playbook=base64.b64encode(PLAYBOOK.encode()).decode())
        await world.migrate("long", quiescePods=True)
        async with migrations.running(world):
            await world.until_list(remote, resources.JOBS, lambda found: len(found) == 1)
            await host.patch(resources.MIG_MIGRATIONS, "long", {"spec": {"canceled": True}}, namespace=world.namespace)
            over = await world.until_over("long")
            await world.until_list(remote, resources.JOBS, lambda found: not found)
        books = await remote.list_all(resources.CONFIG_MAPS, namespace=world.app, label_selector=names.PHASE)
    assert "Canceled" in planes.found(over)
    assert books == []


async def test_a_hook_that_failed_is_run_again_as_it_is_by_then_and_one_that_was_through_is_not(host: Client, remote: Client) -> None:
    """By another try of the migration; the Job that failed stays, because its logs tell why."""
    async with migrations.stage(host, remote) as world:
        wrong, right = (base64.b64encode(text.encode()).decode() for text in ("- hosts: nowhere\n", PLAYBOOK))
        await application(world, "PreBackup", "PostBackup", custom=False, playbook=wrong)
        await world.migrate("hooked", quiescePods=True)
        async with kubelet(world, fails={"PostBackup"}), migrations.running(world):
            failed = await world.until_over("hooked")
        await host.patch(resources.MIG_HOOKS, "postbackup", {"spec": {"playbook": right}}, namespace=world.namespace)
        body = {"metadata": {"annotations": {names.RETRY: "corrected"}}}
        await host.patch(resources.MIG_MIGRATIONS, "hooked", body, namespace=world.namespace)
        async with kubelet(world) as begun, migrations.running(world):
            over = await world.until_shows("hooked", "Succeeded", timeout_s=60)
        jobs = await remote.list_all(resources.JOBS, namespace=world.app)
        books = {
            item["metadata"]["name"]: item["data"]["playbook.yml"]
            for item in await remote.list_all(resources.CONFIG_MAPS, namespace=world.app, label_selector=names.PHASE)
        }
    assert planes.found(failed)["Failed"]["reason"] == "PostBackupHooks"
    assert over["status"]["attempts"][0]["phase"] == "PostBackupHooks"
    assert sorted(job["metadata"]["labels"][names.PHASE] for job in jobs) == ["PostBackup", "PostBackup", "PreBackup"]
    (last,) = [job for job in begun if names.ATTEMPT in job["metadata"].get("annotations", {})]
    assert books[last["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"]] == PLAYBOOK
