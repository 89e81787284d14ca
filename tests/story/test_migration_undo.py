"""Given a migration that a person cancels or rolls back, when it ends, then both clusters are as they were before it.

Which phases are canceled in is drawn anew in every run; the names of the tests tell. MTC_TEST_CANCELS=all takes every phase.
"""

import os
import random
from typing import Any

import pytest
import yaml

from kit import migrations, mortal, planes, ways
from kit.migrations import World
from mtc.api import names
from mtc.api.migration.migmigration import MigMigration
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import itineraries
from mtc.migration.scope import COMPLETED

pytestmark = pytest.mark.anyio

#: What a person would compare: the kinds of the application that a migration changes.
KINDS = (
    resources.DEPLOYMENTS,
    resources.PERSISTENT_VOLUME_CLAIMS,
    resources.PERSISTENT_VOLUMES,
    resources.SERVICE_ACCOUNTS,
    resources.CONFIG_MAPS,
    resources.NAMESPACES,
)
_VOLATILE = {"resourceVersion", "managedFields", "generation", "uid", "creationTimestamp"}
_SAMPLE = 4


def phases(itinerary: itineraries.Itinerary) -> list[str]:
    """A sample of the phases in which one can cancel."""
    found = ways.seen(itinerary)
    # All workers of one run must draw the same.
    drawn = random.Random(os.environ.get("PYTEST_XDIST_TESTRUNUID")).sample(found, _SAMPLE)
    return found if os.environ.get("MTC_TEST_CANCELS") == "all" else sorted(drawn, key=found.index)


async def dump(cluster: Client, namespace: str) -> dict[str, Any]:
    """Everything of a namespace that a person can set."""
    found = {}
    for kind in KINDS:
        for item in await cluster.list_all(kind, namespace=namespace if kind.namespaced else None):
            if not kind.namespaced and not item["metadata"]["name"].startswith(namespace):
                continue
            meta = {key: value for key, value in item["metadata"].items() if key not in _VOLATILE and value}
            meta.get("annotations", {}).pop("deployment.kubernetes.io/revision", None)
            found[f"{kind.kind}/{item['metadata']['name']}"] = {
                **{key: value for key, value in item.items() if key not in {"metadata", "status"}},
                "metadata": {key: value for key, value in meta.items() if value},
            }
    return found


async def application(world: World) -> None:
    """A Deployment with a volume and its plan; the target has an object of the same namespace that is none of ours."""
    for claim in ("data", "orphan"):
        await world.volume(claim)
    await world.deployment("web", claims=["data"], replicas=3)
    await world.deployment("idle", claims=[], replicas=0)
    await world.declare(volumes=["data", "orphan"])
    await planes.make_namespace(world.host, world.app)
    await world.until(world.host, resources.SERVICE_ACCOUNTS, "default", bool, namespace=world.app)
    await world.until(world.host, resources.CONFIG_MAPS, "kube-root-ca.crt", bool, namespace=world.app)
    await world.make(world.host, resources.CONFIG_MAPS, "was-here-before", data={"mine": "stays"})
    world.engine.brings = {"settings", "more"}


async def ours(world: World) -> list[str]:
    """Objects of the toolkit on both clusters that a migration makes, apart from the Mig* objects."""
    kinds = (
        resources.BACKUPS,
        resources.RESTORES,
        resources.DELETE_BACKUP_REQUESTS,
    )
    found = [item for cluster in (world.host, world.remote) for kind in kinds for item in await world.list(cluster, kind)]
    # The target's copies of Backups go when the engine reads the bucket again.
    return [f"{item['kind']} {item['metadata']['name']}" for item in found if (item["kind"], item["status"]) != ("Backup", None)]


async def cancel(world: World, name: str) -> None:
    """What a person does."""
    await world.host.patch(resources.MIG_MIGRATIONS, name, {"spec": {"canceled": True}}, namespace=world.namespace)


def advice(migration: Object) -> str:
    """Whether a rollback is needed."""
    return str(migration["status"]["rollback"]["state"])


@pytest.mark.parametrize("phase", phases(itineraries.FINAL))
async def test_a_cut_over_that_is_canceled_in_any_phase_leaves_everything_as_it_was(host: Client, remote: Client, phase: str) -> None:
    """The source runs as before, and nothing of ours is left on either cluster."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        before = await dump(remote, world.app), await dump(host, world.app)
        await world.migrate("stopped", quiescePods=True)
        world.engine.holds = {ways.HELD.get(phase, "")}
        # Dies at each status, so that the process is dead in the phase that is wanted, wherever it is.
        dying = mortal.Reaper(before=False, at=mortal.is_status(resources.MIG_MIGRATIONS))
        await mortal.live_and_die(world, "stopped", dying, until=phase)
        reached = await host.get(resources.MIG_MIGRATIONS, "stopped", namespace=world.namespace)
        if migrations.phase(reached) == COMPLETED:
            # The phase is not needed by this application; then there is nothing to cancel.
            assert phase not in dying.phases
            return
        await cancel(world, "stopped")
        # Undoing survives kills as well.
        await mortal.live_and_die(world, "stopped", mortal.Reaper(before=False, at=mortal.is_write))
        over = await world.until_over("stopped")
        after = await dump(remote, world.app), await dump(host, world.app)
        pods = await remote.list_all(resources.PODS, label_selector=names.IS_STAGE_POD)
        left = [text for text in await ours(world) if "DeleteBackupRequest" in text or "Restore" in text]
        backups = await world.list(remote, resources.BACKUPS)
    assert [entry["type"] for entry in over["status"]["conditions"]] == ["Canceled"], over["status"]
    assert over["status"]["itinerary"] == "Cancel"
    assert "errors" not in over["status"]
    assert after == before
    assert [pod for pod in pods if pod["metadata"]["namespace"] == world.app] == []
    assert left == []
    assert backups == []
    assert advice(over) == "not-required"


async def test_canceling_is_told_and_then_that_it_was_canceled(host: Client, remote: Client) -> None:
    """Canceling holds while something is being cleared away; taking `spec.canceled` back changes nothing any more."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        world.engine.holds = {"stage"}
        await world.migrate("waits", quiescePods=True)
        async with migrations.running(world):
            await world.until_phase("waits", "StageBackupCreated")
            (backup,) = [item for item in await world.list(remote, resources.BACKUPS) if migrations.word(item) == "stage"]
            name = backup["metadata"]["name"]
            hold = {"metadata": {"finalizers": ["example.com/hold"]}}
            await remote.patch(resources.BACKUPS, name, hold, namespace=world.namespace)
            await cancel(world, "waits")
            shown = await world.until_shows("waits", "Canceling")
            assert planes.found(shown)["Canceling"]["category"] == "Advisory"
            await host.patch(resources.MIG_MIGRATIONS, "waits", {"spec": {"canceled": False}}, namespace=world.namespace)
            await remote.patch(resources.BACKUPS, name, {"metadata": {"finalizers": None}}, namespace=world.namespace)
            over = await world.until_over("waits")
    said = planes.found(over)["Canceled"]
    assert (said["category"], said["reason"], said["durable"]) == ("Advisory", "Cancel", True)
    assert "Canceling" not in planes.found(over)
    assert "Succeeded" not in planes.found(over)


async def test_a_migration_that_is_canceled_before_its_turn_touches_nothing(host: Client, remote: Client) -> None:
    """Another one of the same plan is at work in the same namespaces."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        world.engine.holds = {"stage"}
        await world.migrate("first", quiescePods=True)
        async with migrations.running(world):
            await world.until_phase("first", "StageBackupCreated")
            await world.migrate("second", quiescePods=True)
            await world.until_shows("second", "Postponed")
            await cancel(world, "second")
            over = await world.until_over("second")
            web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
            backups = await world.list(remote, resources.BACKUPS)
    assert [entry["type"] for entry in over["status"]["conditions"]] == ["Canceled"]
    assert web["spec"]["replicas"] == 0
    assert len(backups) == 2
    assert advice(over) == "not-required"
    assert "first" in over["status"]["rollback"]["message"]


async def test_a_canceled_second_try_does_not_start_what_the_first_one_stopped(host: Client, remote: Client) -> None:
    """Objects of the first may run in the target; the advice is to roll back, which takes both back."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        before = await dump(remote, world.app), await dump(host, world.app)
        world.engine.ends["final"] = "Failed"
        await world.migrate("first", quiescePods=True)
        async with migrations.running(world):
            first = await world.until_over("first")
            world.engine.brings, world.engine.holds = set(), {"stage"}
            await world.migrate("second", quiescePods=True)
            await world.until_phase("second", "StageBackupCreated")
            await cancel(world, "second")
            second = await world.until_over("second")
            web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
            await world.migrate("back", rollback=True)
            back = await world.until_over("back")
            after = await dump(remote, world.app), await dump(host, world.app)
    assert (advice(first), advice(second), advice(back)) == ("required", "required", "done")
    assert second["status"]["rollback"]["workloads"] == [f"Deployment {world.app}/web"]
    assert web["spec"]["replicas"] == 0
    assert after == before


async def test_a_rollback_is_possible_although_the_plan_is_not_ready(host: Client, remote: Client) -> None:
    """What made the plan unready may be the reason for it."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        before = await dump(remote, world.app), await dump(host, world.app)
        await world.migrate("there", quiescePods=True)
        async with migrations.running(world):
            await world.until_over("there")
            await host.patch(resources.MIG_PLANS, "shop", {"status": {"conditions": []}}, namespace=world.namespace)
            await world.migrate("back", rollback=True)
            back = await world.until_over("back")
            after = await dump(remote, world.app), await dump(host, world.app)
    assert advice(back) == "done"
    assert after == before


async def test_what_the_engine_refuses_to_delete_is_told_and_holds_nothing_up(host: Client, remote: Client) -> None:
    """A CleanupIncomplete says what stays in the bucket, and the application runs again."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        await world.migrate("done", quiescePods=True)
        async with migrations.running(world):
            await world.until_over("done")
            (backup, *_) = await world.list(remote, resources.BACKUPS)
            meta = backup["metadata"]
            labels = {names.BACKUP_UID: meta["uid"]}
            content: dict[str, Any] = {
                "spec": {"backupName": "of another one"},
                "status": {"phase": "Processed", "errors": ["the bucket is gone"]},
            }
            kind = resources.DELETE_BACKUP_REQUESTS
            await world.make(
                remote, kind, "refused", namespace=world.namespace, metadata={"labels": labels, "finalizers": ["a.b/c"]}, **content
            )
            await world.migrate("back", rollback=True)
            over = await world.until_over("back")
            web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
            await remote.patch(kind, "refused", {"metadata": {"finalizers": None}}, namespace=world.namespace)
    told = planes.found(over)["CleanupIncomplete"]
    assert told["category"] == "Warn"
    assert meta["name"] in told["message"]
    assert "the bucket is gone" in told["message"]
    assert "SucceededWithWarnings" in planes.found(over)
    assert web["spec"]["replicas"] == 3


async def test_a_rollback_takes_everything_back_and_a_second_one_changes_nothing(host: Client, remote: Client) -> None:
    """What was in the target before stays; the plan may be used again afterwards."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        before = await dump(remote, world.app), await dump(host, world.app)
        await world.migrate("there", quiescePods=True)
        async with migrations.running(world):
            there = await world.until_over("there")
            moved = await dump(host, world.app)
            await world.migrate("back", rollback=True)
            back = await world.until_over("back")
            after = await dump(remote, world.app), await dump(host, world.app)
            await world.migrate("back-again", rollback=True)
            again = await world.until_over("back-again")
            finally_ = await dump(remote, world.app), await dump(host, world.app)
            world.engine.brings = set()
            await world.migrate("once-more", quiescePods=True)
            once_more = await world.until_over("once-more")
    assert advice(there) == "not-required"
    assert {"ConfigMap/settings", "ConfigMap/more"} <= moved.keys()
    assert after == before
    assert finally_ == before
    for item in (back, again):
        assert planes.found(item).keys() == {"Succeeded", "Ready"}
        assert (item["status"]["itinerary"], advice(item)) == ("Rollback", "done")
    assert planes.found(once_more).keys() == {"Succeeded", "Ready"}


async def test_a_rollback_survives_a_kill_at_every_write(host: Client, remote: Client) -> None:
    """It ends as if nothing had been."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        before = await dump(remote, world.app), await dump(host, world.app)
        await world.migrate("there", quiescePods=True)
        async with migrations.running(world):
            await world.until_over("there")
        await world.migrate("back", rollback=True)
        death = mortal.Reaper(before=True, at=mortal.is_write)
        await mortal.live_and_die(world, "back", death)
        after = await dump(remote, world.app), await dump(host, world.app)
    assert after == before
    assert {"DeleteBackups", "DeleteRestores", "DeleteMigrated", "UnQuiesceSrcApplications"} <= death.phases


async def test_a_failed_migration_that_stopped_the_application_asks_for_a_rollback(host: Client, remote: Client) -> None:
    """Its manifest can be created as it is, and does what it says."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        before = await dump(remote, world.app), await dump(host, world.app)
        world.engine.ends["stage"] = "Failed"
        await world.migrate("doomed", quiescePods=True)
        async with migrations.running(world):
            doomed = await world.until_over("doomed")
            said = doomed["status"]["rollback"]
            assert (said["state"], said["workloads"]) == ("required", [f"Deployment {world.app}/web"])
            body = yaml.safe_load(said["manifest"])
            assert MigMigration.from_dict({**body, "metadata": {**body["metadata"], "name": "x"}}).spec.rollback
            made = await host.create(resources.MIG_MIGRATIONS, body)
            back = await world.until_over(made["metadata"]["name"])
            after = await dump(remote, world.app), await dump(host, world.app)
    assert advice(back) == "done"
    assert after == before


async def test_a_failed_stage_migration_needs_no_rollback(host: Client, remote: Client) -> None:
    """It has stopped nothing."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        world.engine.ends["stage"] = "Failed"
        await world.migrate("doomed", stage=True)
        async with migrations.running(world):
            doomed = await world.until_over("doomed")
    assert advice(doomed) == "not-required"
    assert "manifest" not in doomed["status"]["rollback"]
