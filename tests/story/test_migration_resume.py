"""Given a controller that is killed in every phase, when it is started again, then the migration ends as if nothing had been.

All phases are covered by themselves: the process dies at each place where a migration writes, once, wherever that is.
"""

import pytest

from kit import migrations, mortal
from kit.migrations import World
from mtc.api import names
from mtc.api.migration.migmigration import MigMigration
from mtc.api.migration.migplan import MigPlan
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import flags, itineraries

pytestmark = pytest.mark.anyio

STATUS = mortal.is_status(resources.MIG_MIGRATIONS)


async def application(world: World) -> None:
    """A Deployment with one volume, a volume that nothing mounts, and a plan for both."""
    for claim in ("data", "orphan"):
        await world.volume(claim)
    await world.deployment("web", claims=["data"], replicas=3)
    await world.declare(volumes=["data", "orphan"])


async def expected_phases(world: World, name: str) -> set[str]:
    """The phases that the migration needs, from its itinerary."""
    item = MigMigration.from_dict(await world.host.get(resources.MIG_MIGRATIONS, name, namespace=world.namespace))
    plan = MigPlan.from_dict(await world.host.get(resources.MIG_PLANS, "shop", namespace=world.namespace))
    found = flags.of(spec=item.spec, plan=plan, found=())
    itinerary = itineraries.choose(item.spec, item.status)
    return {phase.name for phase in itinerary.phases[:-1] if phase.applies(found)}


async def outcome(world: World, name: str) -> tuple[Object, list[str], list[str], int]:
    """The migration, the words of its Backups and Restores, and the number of volume backups."""
    item = await world.host.get(resources.MIG_MIGRATIONS, name, namespace=world.namespace)
    backups = sorted(migrations.word(entry) for entry in await world.list(world.remote, resources.BACKUPS))
    restores = sorted(migrations.word(entry) for entry in await world.list(world.host, resources.RESTORES))
    return item, backups, restores, len(await world.list(world.remote, resources.POD_VOLUME_BACKUPS))


@pytest.mark.parametrize(
    "reaper",
    [
        pytest.param(lambda: mortal.Reaper(before=True, at=STATUS), id="every phase runs twice: killed before its status is written"),
        pytest.param(lambda: mortal.Reaper(before=False, at=STATUS), id="killed after each status"),
        pytest.param(lambda: mortal.Reaper(before=False, at=mortal.is_anything), id="killed after every single write"),
        pytest.param(lambda: mortal.Reaper(before=True, at=mortal.is_anything), id="killed before every single write"),
    ],
)
async def test_a_final_migration_survives_a_kill_in_every_phase(host: Client, remote: Client, reaper: object) -> None:
    """No Backup, Restore or stage pod is made twice, no replica count is lost, and the migration succeeds."""
    assert callable(reaper)
    death = reaper()
    async with migrations.stage(host, remote) as world:
        await application(world)
        await world.migrate("tough", quiescePods=True)
        lives = await mortal.live_and_die(world, "tough", death)
        item, backups, restores, volumes = await outcome(world, "tough")
        web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
        left = await remote.list_all(resources.PODS, namespace=world.app)
        wanted = await expected_phases(world, "tough")
    assert wanted <= death.phases, "each phase met a kill"
    assert lives > len(wanted)
    assert [entry["type"] for entry in item["status"]["conditions"]] == ["Ready", "Succeeded"]
    assert (backups, restores, volumes) == (["initial", "stage"], ["final", "stage"], 2)
    assert web["spec"]["replicas"] == 0
    assert web["metadata"]["annotations"][names.PRE_QUIESCE_REPLICAS] == "3"
    assert left == []


@pytest.mark.parametrize("kind", ["stage", "final", "canceled", "rollback"])
async def test_a_phase_that_runs_again_changes_nothing(host: Client, remote: Client, kind: str) -> None:
    """Its work is done, the status that says so is lost twice: between the two no object has got another resourceVersion."""
    changed: dict[str, set[str]] = {}
    seen: dict[str, dict[str, str]] = {}
    async with migrations.stage(host, remote) as world:
        await application(world)

        async def look(phase: str, deaths: int) -> None:
            found = await versions(world)
            if deaths == 1:
                seen[phase] = found
            elif different := {key for key in found.keys() | seen[phase].keys() if found.get(key) != seen[phase].get(key)}:
                changed[phase] = different

        name = "again"
        reaper = mortal.Reaper(before=True, at=STATUS, times=2, mourn=look)
        if kind == "rollback":
            await world.migrate("before", quiescePods=True)
            async with migrations.running(world):
                await world.until_over("before")
        await world.migrate(name, stage=kind == "stage", rollback=kind == "rollback", quiescePods=kind in {"final", "canceled"})
        if kind == "canceled":
            await mortal.live_and_die(world, name, mortal.Reaper(before=False, at=STATUS), until="StageRestoreCreated")
            await host.patch(resources.MIG_MIGRATIONS, name, {"spec": {"canceled": True}}, namespace=world.namespace)
        await mortal.live_and_die(world, name, reaper)
        item, _, _, _ = await outcome(world, name)
    assert changed == {}
    assert len(seen) > 5, seen.keys()
    assert {entry["type"] for entry in item["status"]["conditions"]} & {"Succeeded", "Canceled"}


async def versions(world: World) -> dict[str, str]:
    """The resourceVersions of what the controller may change; what others change by themselves is not looked at."""
    kinds = (
        resources.DEPLOYMENTS,
        resources.PERSISTENT_VOLUME_CLAIMS,
        resources.PERSISTENT_VOLUMES,
        resources.SERVICE_ACCOUNTS,
        resources.CONFIG_MAPS,
        resources.SECRETS,
        resources.NAMESPACES,
        resources.BACKUPS,
        resources.RESTORES,
    )
    found = {}
    for cluster in (world.host, world.remote):
        for kind in kinds:
            for space in (world.app, world.namespace) if kind.namespaced else ("",):
                for item in await cluster.list_all(kind, namespace=space or None):
                    # A Deployment's controller counts its pods in the status; its spec is what is ours.
                    version = item["metadata"]["generation" if kind == resources.DEPLOYMENTS else "resourceVersion"]
                    found[f"{cluster.name} {kind.plural} {space}/{item['metadata']['name']}"] = str(version)
    return found


async def test_a_stage_migration_survives_a_kill_at_every_write(host: Client, remote: Client) -> None:
    """The application's own pod, borrowed for the copy, is given back as it was."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        pods = await world.until_list(remote, resources.PODS, lambda found: len(found) == 3)
        for pod in pods:
            await migrations.run_pod(remote, pod)
        await world.migrate("ahead", stage=True)
        death = mortal.Reaper(before=False, at=mortal.is_anything)
        await mortal.live_and_die(world, "ahead", death)
        item, backups, restores, volumes = await outcome(world, "ahead")
        after = {pod["metadata"]["uid"]: pod["metadata"] for pod in await remote.list_all(resources.PODS, namespace=world.app)}
    assert [entry["type"] for entry in item["status"]["conditions"]] == ["Ready", "Succeeded"]
    assert (backups, restores, volumes) == (["stage"], ["stage"], 2)
    assert after.keys() == {pod["metadata"]["uid"] for pod in pods}
    for pod in pods:
        assert after[pod["metadata"]["uid"]]["labels"] == pod["metadata"]["labels"]


async def test_a_failed_migration_cleans_up_although_it_is_killed_at_every_write(host: Client, remote: Client) -> None:
    """Stage pods and marks are gone, and the reasons are told once each."""
    async with migrations.stage(host, remote) as world:
        await application(world)
        world.engine.ends["stage"] = "Failed"
        await world.migrate("doomed", quiescePods=True)
        await mortal.live_and_die(world, "doomed", mortal.Reaper(before=False, at=mortal.is_anything))
        item, _, _, _ = await outcome(world, "doomed")
        left = await remote.list_all(resources.PODS, namespace=world.app)
        claim = await remote.get(resources.PERSISTENT_VOLUME_CLAIMS, "data", namespace=world.app)
    errors = item["status"]["errors"]
    assert [entry["type"] for entry in item["status"]["conditions"]] == ["Failed"]
    assert len(errors) == len(set(errors)) == 2
    assert left == []
    assert names.INCLUDED_IN_STAGE_BACKUP not in claim["metadata"].get("labels", {})
