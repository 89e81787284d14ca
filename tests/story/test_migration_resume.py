"""Given a controller that is killed in every phase, when it is started again, then the migration ends as if nothing had been.

All phases are covered by themselves: the process dies at each place where a migration writes, once, wherever that is.
"""

import pytest

from kit import draw, migrations, mortal, ways
from kit.migrations import World
from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import itineraries

pytestmark = pytest.mark.anyio

_PAIRS = [
    pytest.param(itinerary, before, id=f"{itinerary}-{'before' if before else 'after'}")
    for itinerary in sorted(itineraries.ALL)
    for before in (True, False)
]
#: The sample has no Final, which dies at every write each time, in a test of its own.
_SAMPLE = 4


async def outcome(world: World, name: str) -> tuple[Object, list[str], list[str], int]:
    """The migration, the words of its Backups and Restores, and the number of volume backups."""
    item = await world.host.get(resources.MIG_MIGRATIONS, name, namespace=world.namespace)
    backups = sorted(migrations.word(entry) for entry in await world.list(world.remote, resources.BACKUPS))
    restores = sorted(migrations.word(entry) for entry in await world.list(world.host, resources.RESTORES))
    return item, backups, restores, len(await world.list(world.remote, resources.POD_VOLUME_BACKUPS))


async def test_a_final_migration_survives_a_kill_at_every_look(host: Client, remote: Client) -> None:
    """Light phases included: no Backup, Restore or stage pod is made twice, no replica count is lost, and the migration succeeds."""
    death = mortal.Reaper(before=True, at=mortal.is_read)
    async with migrations.stage(host, remote) as world:
        await ways.application(world)
        await world.migrate("tough", quiescePods=True)
        lives = await mortal.live_and_die(world, "tough", death)
        item, backups, restores, volumes = await outcome(world, "tough")
        web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
        left = await remote.list_all(resources.PODS, namespace=world.app)
        plan = await host.get(resources.MIG_PLANS, "shop", namespace=world.namespace)
    wanted = ways.phases_of(item, plan, "Final")
    assert wanted <= death.phases, "each phase met a kill"
    assert lives > len(wanted)
    assert [entry["type"] for entry in item["status"]["conditions"]] == ["Ready", "Succeeded"]
    assert (backups, restores, volumes) == (["initial", "stage"], ["final", "stage"], 2)
    assert web["spec"]["replicas"] == 0
    assert web["metadata"]["annotations"][names.PRE_QUIESCE_REPLICAS] == "3"
    assert left == []


#: Asking for a fresh look at the plan is asking once more when the first answer has come already.
ASKS_AGAIN = "StartRefresh"
#: The process dies while it waits for Backups to go or to end; after that it asks the target's engine to look, for the first time.
LOOKS = ({"DeleteBackups", "EnsureStageBackup"}, "changed metadata.annotations of /apis/velero.io/v1/")


@pytest.mark.parametrize("itinerary", sorted(itineraries.ALL))
async def test_a_phase_that_runs_again_changes_nothing(host: Client, remote: Client, itinerary: str) -> None:
    """Its work is done, the status that says so is lost: what it writes when it runs again leaves every object as it is."""
    way = ways.WAYS[itinerary]
    reaper = mortal.Reaper(before=True, at=ways.STATUS, times=2)
    async with migrations.stage(host, remote) as world:
        await ways.application(world)
        await way.begin(world, "again")
        await mortal.live_and_die(world, "again", reaper)
        item, _, _, _ = await outcome(world, "again")
        plan = await host.get(resources.MIG_PLANS, "shop", namespace=world.namespace)
    again = {name for (name, _, _), deaths in reaper.places.items() if deaths > 1}
    changed = {phase: [line for line in found if not line.startswith(LOOKS[1])] for phase, found in reaper.changes.items()}
    assert {phase: found for phase, found in changed.items() if phase != ASKS_AGAIN and (found or phase not in LOOKS[0])} == {}
    assert ways.phases_of(item, plan, itinerary) <= again, "each phase has run again"
    assert item["status"]["itinerary"] == itinerary
    assert way.shows in {entry["type"] for entry in item["status"]["conditions"]}


async def killed_at_every_write(host: Client, remote: Client, itinerary: str, *, before: bool) -> None:
    """Whatever it was about to write or has just written: it ends as it would have, and nothing is made twice."""
    way = ways.WAYS[itinerary]
    reaper = mortal.Reaper(before=before, at=mortal.is_write)
    async with migrations.stage(host, remote) as world:
        await ways.application(world)
        await way.begin(world, "tough")
        await mortal.live_and_die(world, "tough", reaper)
        item, backups, restores, _ = await outcome(world, "tough")
        plan = await host.get(resources.MIG_PLANS, "shop", namespace=world.namespace)
        web = await remote.get(resources.DEPLOYMENTS, "web", namespace=world.app)
        held = await remote.list_all(resources.PODS, namespace=world.app, label_selector=names.IS_STAGE_POD)
    assert ways.phases_of(item, plan, itinerary) <= reaper.phases, "each phase met a kill"
    assert item["status"]["itinerary"] == itinerary
    assert way.shows in {entry["type"] for entry in item["status"]["conditions"]}
    assert len(backups) == len(set(backups))
    assert len(restores) == len(set(restores))
    assert held == []
    assert web["spec"]["replicas"] == (3 if itinerary in {"Stage", "Cancel", "Rollback", "DryRun"} else 0)


@pytest.mark.parametrize(("itinerary", "before"), draw.some([pair for pair in _PAIRS if "Final" not in pair.values], _SAMPLE))
async def test_an_itinerary_survives_a_kill_at_every_write(host: Client, remote: Client, itinerary: str, *, before: bool) -> None:
    """Before it is done, or before its answer arrives."""
    await killed_at_every_write(host, remote, itinerary, before=before)


@pytest.mark.nightly
@pytest.mark.parametrize(("itinerary", "before"), _PAIRS)
async def test_every_itinerary_survives_a_kill_at_every_write(host: Client, remote: Client, itinerary: str, *, before: bool) -> None:
    """As the sample, all of them."""
    await killed_at_every_write(host, remote, itinerary, before=before)


async def test_a_stage_migration_survives_a_kill_at_every_write(host: Client, remote: Client) -> None:
    """The application's own pod, borrowed for the copy, is given back as it was."""
    async with migrations.stage(host, remote) as world:
        await ways.application(world)
        pods = await world.until_list(remote, resources.PODS, lambda found: len(found) == 3)
        for pod in pods:
            await migrations.run_pod(remote, pod)
        await world.migrate("ahead", stage=True)
        death = mortal.Reaper(before=False, at=mortal.is_write)
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
        await ways.application(world)
        world.engine.ends["stage"] = "Failed"
        await world.migrate("doomed", quiescePods=True)
        await mortal.live_and_die(world, "doomed", mortal.Reaper(before=False, at=mortal.is_write))
        item, _, _, _ = await outcome(world, "doomed")
        left = await remote.list_all(resources.PODS, namespace=world.app)
        claim = await remote.get(resources.PERSISTENT_VOLUME_CLAIMS, "data", namespace=world.app)
    errors = item["status"]["errors"]
    assert [entry["type"] for entry in item["status"]["conditions"]] == ["Failed"]
    assert len(errors) == len(set(errors)) == 2
    assert left == []
    assert names.INCLUDED_IN_STAGE_BACKUP not in claim["metadata"].get("labels", {})
