"""Given migrations of several plans, when more are wanted than may run side by side, then the oldest run and the others wait their turn."""

import pytest

from kit import migrations, planes
from kit.migrations import World
from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Client, Object

pytestmark = pytest.mark.anyio


async def plans(world: World, *found: str) -> None:
    """The clusters, and plans without volumes; initial Backups do not end by themselves."""
    await world.declare(volumes=[])
    for name in found:
        await world.plan(name)
    world.engine.holds = {"initial"}


async def release(world: World, name: str) -> None:
    """Ends the initial Backup of a migration."""
    selector = f"{names.MIGMIGRATION_NAME}={name}"
    (backup,) = await world.remote.list_all(resources.BACKUPS, namespace=world.namespace, label_selector=selector)
    await world.end(world.remote, resources.BACKUPS, backup)


def ahead(item: Object) -> list[str] | None:
    """Who comes before a migration; None when it does not wait for its turn."""
    found = planes.found(item).get("Queued")
    return found["items"] if found else None


async def until_behind(world: World, name: str, wanted: list[str]) -> Object:
    """The migration when it waits for exactly these."""
    return await world.until(world.host, resources.MIG_MIGRATIONS, name, lambda item: ahead(item) == wanted)


async def test_migrations_of_different_plans_run_side_by_side_up_to_the_limit(host: Client, remote: Client) -> None:
    """The next one is told whom it waits for, begins when a place becomes free, and nobody overtakes an older one."""
    async with migrations.stage(host, remote) as world:
        world.limit = 2
        await plans(world, "a", "b", "c", "d")
        async with migrations.running(world):
            for name in ("a", "b"):
                await world.migrate(f"run-{name}", plan=name)
                await world.until_phase(f"run-{name}", "InitialBackupCreated")
            for name in ("c", "d"):
                await world.migrate(f"run-{name}", plan=name)
            third = await until_behind(world, "run-c", ["run-a", "run-b"])
            fourth = await until_behind(world, "run-d", ["run-a", "run-b", "run-c"])
            assert "phase" not in third["status"]
            assert "itinerary" not in fourth["status"]
            assert planes.found(third)["Queued"]["category"] == "Advisory"
            assert planes.is_ready(third)
            assert len(await world.list(remote, resources.BACKUPS)) == 2
            await release(world, "run-a")
            await world.until_over("run-a")
            begun = await world.until_phase("run-c", "InitialBackupCreated")
            await until_behind(world, "run-d", ["run-b", "run-c"])
            for name in ("b", "c"):
                await release(world, f"run-{name}")
            await world.until_phase("run-d", "InitialBackupCreated")
            await release(world, "run-d")
            over = [await world.until_over(f"run-{name}") for name in ("a", "b", "c", "d")]
    assert ahead(begun) is None
    assert all([entry["type"] for entry in item["status"]["conditions"]] == ["Ready", "Succeeded"] for item in over)


async def test_the_queue_survives_a_restart_and_a_higher_limit_is_in_effect_at_once(host: Client, remote: Client) -> None:
    """The next process finds who runs and who waits in the migrations themselves."""
    async with migrations.stage(host, remote) as world:
        world.limit = 1
        await plans(world, "a", "b", "c", "d")
        async with migrations.running(world):
            await world.migrate("run-a", plan="a")
            await world.until_phase("run-a", "InitialBackupCreated")
            for name in ("b", "c", "d"):
                await world.migrate(f"run-{name}", plan=name)
            await until_behind(world, "run-d", ["run-a", "run-b", "run-c"])
        # While nobody looks, one that waits goes away: the message that names it is what the next process corrects.
        await host.delete(resources.MIG_MIGRATIONS, "run-c", namespace=world.namespace)
        async with migrations.running(world) as runner:
            await until_behind(world, "run-d", ["run-a", "run-b"])
            waiting = await host.get(resources.MIG_MIGRATIONS, "run-b", namespace=world.namespace)
            assert "phase" not in waiting["status"]
            await release(world, "run-a")
            await world.until_phase("run-b", "InitialBackupCreated")
            await until_behind(world, "run-d", ["run-b"])
            world.limit = 2
            runner.places.look_again()
            await world.until_phase("run-d", "InitialBackupCreated")


async def test_who_waits_for_a_person_keeps_nobody_waiting_and_a_rollback_never_waits(host: Client, remote: Client) -> None:
    """Plans that are not ready, migrations that are canceled or deleted while they wait: the others go on."""
    async with migrations.stage(host, remote) as world:
        world.limit = 1
        await plans(world, "a", "b", "c", "d")
        await host.patch(resources.MIG_PLANS, "b", {"status": {"conditions": []}}, namespace=world.namespace)
        async with migrations.running(world):
            await world.migrate("run-a", plan="a")
            await world.until_phase("run-a", "InitialBackupCreated")
            await world.migrate("run-b", plan="b")
            await world.until_shows("run-b", "PlanNotReady")
            await world.migrate("run-c", plan="c")
            await until_behind(world, "run-c", ["run-a"])
            await world.migrate("run-d", plan="d")
            await until_behind(world, "run-d", ["run-a", "run-c"])
            await world.migrate("back", rollback=True)
            await world.until_over("back")
            await host.patch(resources.MIG_MIGRATIONS, "run-c", {"spec": {"canceled": True}}, namespace=world.namespace)
            await world.until_over("run-c")
            await until_behind(world, "run-d", ["run-a"])
            await host.delete(resources.MIG_MIGRATIONS, "run-a", namespace=world.namespace)
            await world.until_phase("run-d", "InitialBackupCreated")
            # What a person had to repair is repaired: it is the oldest that waits.
            await host.patch(resources.MIG_PLANS, "b", {"status": {"conditions": [migrations.ready()]}}, namespace=world.namespace)
            await until_behind(world, "run-b", ["run-d"])
