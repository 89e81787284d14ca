"""Given an application whose storage is converted, when the conversion ends, is taken back or cut off, then nothing is half done.

Everything plays in one cluster and one namespace. The engine is played: it makes the new claims, whose data no story looks at.
"""

import os
import random
from typing import Any

import pytest

from kit import migrations, mortal, planes, ways
from kit.migrations import World
from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration import itineraries
from mtc.migration.quiesce.scalable import replicas
from mtc.migration.scope import COMPLETED
from mtc.migration.swap.stateful_set import temporary_name

pytestmark = pytest.mark.anyio

KINDS = (
    resources.DEPLOYMENTS,
    resources.STATEFUL_SETS,
    resources.REPLICA_SETS,
    resources.DAEMON_SETS,
    resources.JOBS,
    resources.CRON_JOBS,
    resources.PERSISTENT_VOLUME_CLAIMS,
)
#: Numbers of revisions, which clusters write.
_COUNTED = ("deployment.kubernetes.io", "deprecated.daemonset.template.generation")
_VOLATILE = {"resourceVersion", "managedFields", "generation", "uid", "creationTimestamp", "finalizers"}
_IDENTITY = ("controller-uid", "batch.kubernetes.io/controller-uid", "job-name", "batch.kubernetes.io/job-name")
_SAMPLE = 3


def pod_spec(*claims: str, template: str = "") -> Object:
    """Mounts claims, and what a claim template makes."""
    mounts = [{"name": f"v-{claim}", "mountPath": f"/{claim}"} for claim in claims]
    mounts += [{"name": template, "mountPath": "/data"}] if template else []
    return {
        "containers": [{"name": "app", "image": "registry.example/app:1", "volumeMounts": mounts}],
        "volumes": [{"name": f"v-{claim}", "persistentVolumeClaim": {"claimName": claim}} for claim in claims],
    }


async def workload(world: World, kind: ResourceType, name: str, *claims: str, template: str = "", **spec: Any) -> None:
    """A workload whose pods mount claims."""
    labels = {"app": name}
    inner = {"metadata": {"labels": labels}, "spec": pod_spec(*claims, template=template)}
    if kind not in {resources.JOBS, resources.CRON_JOBS}:
        spec["selector"] = {"matchLabels": labels}
    else:
        inner["spec"]["restartPolicy"] = "Never"
    body = {"template": inner, **spec}
    if kind == resources.CRON_JOBS:
        body = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": body}}
    await world.make(world.host, kind, name, metadata={"labels": labels, "annotations": {"mine": "stays"}}, spec=body)


async def stateful_set(world: World, name: str, *claims: str, count: int = 2, **spec: Any) -> None:
    """A StatefulSet with a claim template."""
    wanted = {"accessModes": ["ReadWriteOnce"], "storageClassName": "", "resources": {"requests": {"storage": "1Gi"}}}
    templates = [{"metadata": {"name": "data"}, "spec": wanted}]
    content = {"serviceName": name, "replicas": count, "podManagementPolicy": "Parallel", "volumeClaimTemplates": templates, **spec}
    await workload(world, resources.STATEFUL_SETS, name, *claims, template="data", **content)
    await world.until_list(world.host, resources.PODS, lambda pods: len(pods) >= count, label_selector=f"app={name}")


async def declare(world: World, *volumes: str, **spec: Any) -> None:
    """A plan that converts storage: its volumes would be copied directly, and travel through the repository."""
    repo = {"name": "repo", "namespace": world.namespace}
    await world.declare(volumes=list(volumes), indirectVolumeMigration=False, migStorageRef=repo, **spec)


async def small(world: World) -> None:
    """The kinds that are changed in three ways: in place, by a successor of the same name, and by one of another name."""
    for claim in ("web", "data-db-0", "data-db-1", "work"):
        await world.volume(claim)
    await world.deployment("web", claims=["web"], replicas=3)
    await stateful_set(world, "db")
    await workload(world, resources.JOBS, "work", "work", parallelism=2, completions=5)
    await declare(world, "web:web-new", "data-db-0:data-new-db-0", "data-db-1:data-new-db-1", "work:work-new")


async def every_kind(world: World) -> None:
    """One of each kind that uses a converted claim, and some that do not."""
    for claim in ("web", "paused", "data-db-0", "data-db-1", "shared", "set", "daemon", "work", "cron", "other"):
        await world.volume(claim)
    await world.deployment("web", claims=["web"], replicas=3)
    await world.deployment("paused", claims=["paused"], replicas=1, paused=True)
    await world.deployment("asleep", claims=["shared"], replicas=0)
    await world.deployment("bystander", claims=["other"], replicas=2)
    await world.deployment("stateless", claims=[], replicas=1)
    await stateful_set(world, "db", "shared")
    await workload(world, resources.REPLICA_SETS, "set", "set", replicas=2)
    await workload(world, resources.DAEMON_SETS, "daemon", "daemon")
    await workload(world, resources.JOBS, "work", "work", parallelism=2, completions=5)
    await workload(world, resources.CRON_JOBS, "cron", "cron")
    await declare(
        world, "web:web-new", "paused:paused-new", "data-db-0:data-mig-abcd-db-0", "data-db-1:data-mig-abcd-db-1", "shared:shared-new",
        "set:set-new", "daemon:daemon-new", "work:work-new", "cron:cron-new",
    )  # fmt: skip


def is_own(item: Object) -> bool:
    """Whether nothing made and keeps the object."""
    return not any(owner.get("controller") for owner in item["metadata"].get("ownerReferences") or [])


async def dump(world: World) -> dict[str, Any]:
    """Everything of the application that a person can set."""
    found = {}
    for kind in KINDS:
        for item in filter(is_own, await world.host.list_all(kind, namespace=world.app)):
            meta = {key: value for key, value in item["metadata"].items() if key not in _VOLATILE and value}
            notes = {key: value for key, value in meta.get("annotations", {}).items() if not key.startswith(_COUNTED)}
            body = {key: value for key, value in item.items() if key not in {"metadata", "status", "apiVersion"}}
            if kind == resources.JOBS:
                body["spec"].pop("selector")
                for labels in (meta["labels"], body["spec"]["template"]["metadata"]["labels"]):
                    for key in _IDENTITY:
                        labels.pop(key, None)
            if kind == resources.STATEFUL_SETS:
                for entry in body["spec"]["volumeClaimTemplates"]:
                    entry.pop("status", None)
            found[f"{kind.kind}/{item['metadata']['name']}"] = {**body, "metadata": {**meta, "annotations": notes}}
    return found


def mounted(spec: Object) -> list[str]:
    """The claims of a pod spec."""
    return [volume["persistentVolumeClaim"]["claimName"] for volume in spec["volumes"] if "persistentVolumeClaim" in volume]


async def get(world: World, kind: ResourceType, name: str) -> Object:
    """An object of the application."""
    return await world.host.get(kind, name, namespace=world.app)


async def job(world: World) -> Object:
    """The only Job."""
    [found] = await world.host.list_all(resources.JOBS, namespace=world.app)
    return found


def ours(item: Object) -> set[str]:
    """The annotations with which something is stopped."""
    marks = {names.PRE_QUIESCE_REPLICAS, names.PRE_QUIESCE_PAUSED, names.PRE_QUIESCE_SUSPEND, names.PRE_QUIESCE_NODE_SELECTOR}
    return (marks | {names.QUIESCED_BY}) & (item["metadata"].get("annotations") or {}).keys()


async def test_each_kind_gets_its_new_claims_and_runs_again(host: Client) -> None:
    """What uses no converted claim is never touched, what was stopped before stays so, and the old claims are kept and marked."""
    async with migrations.stage(host, host) as world:
        await every_kind(world)
        aside = [await get(world, resources.DEPLOYMENTS, name) for name in ("bystander", "stateless")]
        await world.migrate("convert", migrateState=True, quiescePods=True)
        async with migrations.running(world):
            over = await world.until_over("convert")
        after = [await get(world, resources.DEPLOYMENTS, name) for name in ("bystander", "stateless")]
        items = {name: await get(world, resources.DEPLOYMENTS, name) for name in ("web", "paused", "asleep")}
        items["set"] = await get(world, resources.REPLICA_SETS, "set")
        items["daemon"] = await get(world, resources.DAEMON_SETS, "daemon")
        items["work"], cron = await job(world), await get(world, resources.CRON_JOBS, "cron")
        sets = await host.list_all(resources.STATEFUL_SETS, namespace=world.app)
        claims = {item["metadata"]["name"]: item for item in await host.list_all(resources.PERSISTENT_VOLUME_CLAIMS, namespace=world.app)}
        left = await host.list_all(resources.PODS, namespace=world.app, label_selector=names.IS_STAGE_POD)
    assert planes.found(over).keys() == {"Succeeded", "Ready"}, over["status"]
    assert over["status"]["rollback"]["state"] == "not-required"
    assert [item["metadata"]["generation"] for item in after] == [item["metadata"]["generation"] for item in aside]
    for name, item in items.items():
        assert mounted(item["spec"]["template"]["spec"]) == ["shared-new" if name == "asleep" else f"{name}-new"]
        assert not ours(item)
    assert [replicas(items[name]) for name in ("web", "paused", "asleep", "set")] == [3, 1, 0, 2]
    assert items["paused"]["spec"]["paused"] is True
    assert "nodeSelector" not in items["daemon"]["spec"]["template"]["spec"]
    assert (items["work"]["spec"]["parallelism"], items["work"]["spec"]["completions"]) == (2, 5)
    assert items["work"]["metadata"]["name"].startswith("work-")
    assert mounted(cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]) == ["cron-new"]
    assert cron["spec"]["suspend"] is False
    [db] = sets
    [template] = db["spec"]["volumeClaimTemplates"]
    assert (template["metadata"]["name"], template["spec"]["storageClassName"]) == ("data-mig-abcd", "fast")
    assert {mount["name"] for mount in db["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]} == {"v-shared", "data-mig-abcd"}
    assert mounted(db["spec"]["template"]["spec"]) == ["shared-new"]
    assert (replicas(db), ours(db), db["metadata"]["annotations"]["mine"]) == (2, set(), "stays")
    assert left == []
    marked = {name for name, item in claims.items() if names.SOURCE_FOR_DVM in item["metadata"].get("labels", {})}
    assert marked == {"web", "paused", "data-db-0", "data-db-1", "shared", "set", "daemon", "work", "cron"}


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
async def test_a_conversion_survives_a_kill_at_every_write(host: Client, *, before: bool) -> None:
    """No workload is lost, made twice or left stopped."""
    async with migrations.stage(host, host) as world:
        await small(world)
        await world.migrate("tough", migrateState=True, quiescePods=True)
        death = mortal.Reaper(before=before, at=mortal.is_write)
        await mortal.live_and_die(world, "tough", death)
        over = await world.until_over("tough")
        web, work = await get(world, resources.DEPLOYMENTS, "web"), await job(world)
        sets = await host.list_all(resources.STATEFUL_SETS, namespace=world.app)
    assert planes.found(over).keys() == {"Succeeded", "Ready"}, over["status"]
    swapped = [method for (phase, method, path) in death.places if phase == "SwapPVCReferences" and world.app in path]
    assert {"POST", "DELETE", "PATCH"} <= set(swapped)
    assert (replicas(web), mounted(web["spec"]["template"]["spec"]), ours(web)) == (3, ["web-new"], set())
    assert (work["spec"]["parallelism"], mounted(work["spec"]["template"]["spec"]), ours(work)) == (2, ["work-new"], set())
    assert [(item["metadata"]["name"], replicas(item), ours(item)) for item in sets] == [("db", 2, set())]
    assert sets[0]["spec"]["volumeClaimTemplates"][0]["metadata"]["name"] == "data-new"


@pytest.mark.parametrize("reaper", [None, True, False], ids=["undisturbed", "killed before", "killed after"])
async def test_a_rollback_gives_the_claims_back(host: Client, *, reaper: bool | None) -> None:
    """Every workload is as it was, by name, number and claim; the new claims are gone and the old ones unmarked."""
    async with migrations.stage(host, host) as world:
        await (every_kind if reaper is None else small)(world)
        before = await dump(world)
        await world.migrate("there", migrateState=True, quiescePods=True)
        async with migrations.running(world):
            await world.until_over("there")
        there = await dump(world)
        await world.migrate("back", rollback=True)
        if reaper is None:
            async with migrations.running(world):
                over = await world.until_over("back")
        else:
            await mortal.live_and_die(world, "back", mortal.Reaper(before=reaper, at=mortal.is_write))
            over = await world.until_over("back")
        after = await dump(world)
    assert planes.found(over).keys() == {"Succeeded", "Ready"}, over["status"]
    assert there != before
    assert after == before


async def converted(world: World) -> None:
    """An application of three kinds, after its conversion."""
    await small(world)
    await world.migrate("there", migrateState=True, quiescePods=True)
    async with migrations.running(world):
        await world.until_over("there")


async def test_a_rollback_never_deletes_the_last_copy_of_a_converted_claim(host: Client) -> None:
    """Somebody has deleted the old claim: nothing is changed, not even what uses other claims. A dry run says so."""
    async with migrations.stage(host, host) as world:
        await converted(world)
        claims = resources.PERSISTENT_VOLUME_CLAIMS
        await host.delete(claims, "work", namespace=world.app)
        await world.until_list(host, claims, lambda found: "work" not in {item["metadata"]["name"] for item in found})
        there = await dump(world)
        looked = await ways.rehearse(world, "look", rollback=True)
        await world.migrate("back", rollback=True)
        async with migrations.running(world):
            back = await world.until_over("back")
        after = await dump(world)
    for told in (looked["status"]["dryRun"]["conflicts"], back["status"]["errors"]):
        assert any(f"PersistentVolumeClaims {world.app}/work-new on target cluster" in text for text in told), told
        assert not any(f"{world.app}/web-new" in text for text in told)
    assert after == there


async def test_a_set_that_would_delete_its_claims_is_not_stopped_by_a_rollback(host: Client) -> None:
    """Its policy was changed after the conversion: nothing is changed."""
    async with migrations.stage(host, host) as world:
        await converted(world)
        greedy = {"spec": {"persistentVolumeClaimRetentionPolicy": {"whenScaled": "Delete"}}}
        await host.patch(resources.STATEFUL_SETS, "db", greedy, namespace=world.app)
        there = await dump(world)
        await world.migrate("back", rollback=True)
        async with migrations.running(world):
            back = await world.until_over("back")
        after = await dump(world)
    assert any(f"StatefulSet {world.app}/db deletes its claims" in text for text in back["status"]["errors"])
    assert after == there


def phases() -> list[str]:
    """A sample of the phases in which one can cancel, the swap always among them."""
    found = [phase for phase in ways.seen(itineraries.STAGE) if phase != "SwapPVCReferences"]
    # All workers of one run must draw the same.
    drawn = random.Random(os.environ.get("PYTEST_XDIST_TESTRUNUID")).sample(found, _SAMPLE)
    chosen = found if os.environ.get("MTC_TEST_CANCELS") == "all" else sorted(drawn, key=found.index)
    return [*chosen, "SwapPVCReferences", "EnsureStagePodsDeleted"]


@pytest.mark.parametrize("phase", dict.fromkeys(phases()))
async def test_a_conversion_that_is_canceled_in_any_phase_leaves_everything_as_it_was(host: Client, phase: str) -> None:
    """Also when the workloads have their new claims already."""
    async with migrations.stage(host, host) as world:
        await small(world)
        before = await dump(world)
        await world.migrate("stopped", migrateState=True, quiescePods=True)
        world.engine.holds = {ways.HELD.get(phase, "")}
        dying = mortal.Reaper(before=False, at=mortal.is_status(resources.MIG_MIGRATIONS))
        await mortal.live_and_die(world, "stopped", dying, until=phase)
        reached = await host.get(resources.MIG_MIGRATIONS, "stopped", namespace=world.namespace)
        if migrations.phase(reached) == COMPLETED:
            assert phase not in dying.phases, "the phase is not needed by this application"
            return
        await host.patch(resources.MIG_MIGRATIONS, "stopped", {"spec": {"canceled": True}}, namespace=world.namespace)
        async with migrations.running(world):
            over = await world.until_over("stopped")
        after = await dump(world)
    assert [entry["type"] for entry in over["status"]["conditions"]] == ["Canceled"], over["status"]
    assert after == before


async def test_a_conversion_that_is_canceled_in_the_middle_of_a_swap_is_taken_back(host: Client) -> None:
    """The StatefulSet is gone at that moment, and only its stand-in knows what it was."""

    def is_deleted(method: str, path: str) -> bool:
        return method == "DELETE" and path.endswith("/statefulsets/db")

    async with migrations.stage(host, host) as world:
        await small(world)
        before = await dump(world)
        await world.migrate("stopped", migrateState=True, quiescePods=True)

        async def cancel() -> None:
            await host.patch(resources.MIG_MIGRATIONS, "stopped", {"spec": {"canceled": True}}, namespace=world.namespace)

        await mortal.live_and_die(world, "stopped", mortal.Reaper(before=False, at=is_deleted, mourn=cancel))
        over = await world.until_over("stopped")
        after = await dump(world)
    assert [entry["type"] for entry in over["status"]["conditions"]] == ["Canceled"], over["status"]
    assert after == before


async def test_without_stopping_the_application_only_data_are_copied(host: Client) -> None:
    """The claims exist, and nothing uses them yet; a second run stops it and swaps."""
    async with migrations.stage(host, host) as world:
        await small(world)
        before = await dump(world)
        first = await ways.rehearse(world, "first", migrateState=True, quiescePods=True)
        await world.migrate("ahead", migrateState=True)
        async with migrations.running(world):
            ahead = await world.until_over("ahead")
            between = await dump(world)
            await world.migrate("convert", migrateState=True, quiescePods=True)
            over = await world.until_over("convert")
        web = await get(world, resources.DEPLOYMENTS, "web")
        again = await ways.rehearse(world, "again", migrateState=True, quiescePods=True)
    assert not first["status"]["dryRun"].get("conflicts"), first["status"]["dryRun"]
    assert not first["status"]["dryRun"].get("warnings"), first["status"]["dryRun"]
    assert any("the conversion has been done" in text for text in again["status"]["dryRun"]["conflicts"])
    assert [planes.found(item).keys() for item in (ahead, over)] == [{"Succeeded", "Ready"}] * 2
    assert {key: value for key, value in between.items() if key in before} == before
    assert mounted(web["spec"]["template"]["spec"]) == ["web-new"]


async def test_what_was_converted_is_not_copied_over_once_more(host: Client) -> None:
    """The old claims are older than what the application has written since: a second conversion is refused, and nothing is stopped."""
    async with migrations.stage(host, host) as world:
        await small(world)
        await world.migrate("first", migrateState=True, quiescePods=True)
        async with migrations.running(world):
            await world.until_over("first")
            before = await dump(world)
            await world.migrate("second", migrateState=True, quiescePods=True)
            over = await world.until_over("second")
        after = await dump(world)
    assert "Failed" in planes.found(over)
    assert "Roll the plan back" in over["status"]["errors"][0]
    assert f"Deployment {world.app}/web" in over["status"]["errors"][0]
    assert after == before


async def test_a_second_conversion_that_is_canceled_leaves_the_first_one_alone(host: Client) -> None:
    """What it has not swapped it does not take back: the old claims lack what was written since, and the application goes on running."""
    async with migrations.stage(host, host) as world:
        await small(world)
        await world.migrate("first", migrateState=True, quiescePods=True)
        async with migrations.running(world):
            await world.until_over("first")
        before = await dump(world)
        await world.migrate("mistake", migrateState=True, quiescePods=True)
        dying = mortal.Reaper(before=False, at=mortal.is_status(resources.MIG_MIGRATIONS))
        await mortal.live_and_die(world, "mistake", dying, until="Started")
        await host.patch(resources.MIG_MIGRATIONS, "mistake", {"spec": {"canceled": True}}, namespace=world.namespace)
        async with migrations.running(world):
            over = await world.until_over("mistake")
        after = await dump(world)
    assert [entry["type"] for entry in over["status"]["conditions"]] == ["Canceled"], over["status"]
    assert "CleanupVelero" in {step["name"] for step in over["status"]["pipeline"] if step.get("started")}, "it had begun"
    assert after == before


async def half_done(world: World) -> Object:
    """A conversion that fails in the middle: all but the StatefulSet have their new claims, and run."""
    await small(world)
    world.engine.holds.add("stage")
    await world.migrate("half", migrateState=True, quiescePods=True)
    async with migrations.running(world):
        await world.until_phase("half", "StageBackupCreated")
        # Whoever makes this cannot know what it stands in the way of.
        await stateful_set(world, temporary_name("db"), count=0)
        world.engine.holds.clear()
        await world.end_all(world.host, resources.BACKUPS, "stage")
        failed = await world.until_over("half")
    assert "is in the way" in failed["status"]["errors"][0], failed["status"]
    web, db = await get(world, resources.DEPLOYMENTS, "web"), await get(world, resources.STATEFUL_SETS, "db")
    assert (mounted(web["spec"]["template"]["spec"]), web["spec"]["replicas"], db["spec"]["replicas"]) == (["web-new"], 3, 0)
    await world.host.delete(resources.STATEFUL_SETS, temporary_name("db"), namespace=world.app)
    await world.until_list(world.host, resources.STATEFUL_SETS, lambda items: len(items) == 1)
    return web


async def try_again(world: World) -> Object:
    """The migration at the end of another try."""
    again = {"metadata": {"annotations": {names.RETRY: "again"}}}
    await world.host.patch(resources.MIG_MIGRATIONS, "half", again, namespace=world.namespace)
    async with migrations.running(world):
        is_through = lambda item: migrations.phase(item) == "Completed" and len(item["status"].get("attempts", [])) == 1  # noqa: E731
        return await world.until(world.host, resources.MIG_MIGRATIONS, "half", is_through, timeout_s=60)


async def test_another_try_of_a_half_done_swap_goes_on_with_what_is_left(host: Client) -> None:
    """Nothing is copied over what has been written since, and what runs with its new claims is not stopped once more."""
    async with migrations.stage(host, host) as world:
        before = await half_done(world)
        backups = [item["metadata"]["uid"] for item in await world.list(host, resources.BACKUPS)]
        over = await try_again(world)
        assert [item["metadata"]["uid"] for item in await world.list(host, resources.BACKUPS)] == backups
        web, db = await get(world, resources.DEPLOYMENTS, "web"), await get(world, resources.STATEFUL_SETS, "db")
        left = await world.host.list_all(resources.STATEFUL_SETS, namespace=world.app)
        labelled = f"{names.SOURCE_FOR_DVM}={world.plan_uid}"
        old = await host.list_all(resources.PERSISTENT_VOLUME_CLAIMS, namespace=world.app, label_selector=labelled)
    assert planes.found(over).keys() == {"Succeeded", "Ready"}, over["status"]
    assert web["metadata"]["generation"] == before["metadata"]["generation"]
    assert [entry["metadata"]["name"] for entry in db["spec"]["volumeClaimTemplates"]] == ["data-new"]
    assert (db["spec"]["replicas"], len(left), ours(db)) == (2, 1, set())
    assert {item["metadata"]["name"] for item in old} == {"web", "data-db-0", "data-db-1", "work"}


async def test_another_try_of_a_half_done_swap_is_refused_where_the_copies_are_old(host: Client) -> None:
    """What is not converted yet has run on its old claims since they were copied."""
    async with migrations.stage(host, host) as world:
        await half_done(world)
        for replicas in (1, 0):
            body = {
                "apiVersion": "apps/v1",
                "kind": "StatefulSet",
                "metadata": {"name": "db", "namespace": world.app},
                "spec": {"replicas": replicas},
            }
            await host.apply(resources.STATEFUL_SETS, body, manager="some-tool")
            await world.until_list(host, resources.PODS, lambda pods, count=replicas: len(pods) == count, label_selector="app=db")
        before = await dump(world)
        over = await try_again(world)
        after = await dump(world)
    assert "Failed" in planes.found(over)
    assert "Roll the plan back" in over["status"]["errors"][0]
    assert after == before


async def test_a_set_of_which_one_claim_is_skipped_is_refused_before_it_is_stopped(host: Client) -> None:
    """Its other pod would start with an empty volume."""
    async with migrations.stage(host, host) as world:
        for claim in ("data-db-0", "data-db-1"):
            await world.volume(claim)
        await stateful_set(world, "db")
        await declare(world, "data-db-0:data-new-db-0")
        before = await dump(world)
        await world.migrate("partly", migrateState=True, quiescePods=True)
        async with migrations.running(world):
            over = await world.until_over("partly")
        after = await dump(world)
    assert "Failed" in planes.found(over)
    assert "data-db-1" in over["status"]["errors"][0]
    assert after == before
