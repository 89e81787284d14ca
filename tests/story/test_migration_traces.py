"""Given a migration that is canceled, fails or is taken back, when it has ended, then every object is as it was before it began."""

import pytest

from kit import draw, dumps, migrations, planes, ways
from kit.dumps import Dump
from kit.migrations import World
from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import itineraries

pytestmark = pytest.mark.anyio

#: Finished backups stay, and the played engine's own objects are its own business.
_OF_ENGINES = (
    "backups",
    "restores",
    "podvolumebackups",
    "podvolumerestores",
    "deletebackuprequests",
    "backupstoragelocations",
    "backuprepositories",
)
#: Declarations and what they say stay.
_DECLARED = ("migmigrations", "migplans", "migclusters")
_PLACES = [
    (itinerary.name, phase)
    for itinerary in (itineraries.STAGE, itineraries.FINAL)
    for phase in ways.seen(itinerary)
    if phase not in {"PreBackupHooks", "PostBackupHooks", "PreRestoreHooks", "PostRestoreHooks", "Verification"}
]
_SAMPLE = 3


async def look(world: World) -> list[Dump]:
    """Everything of the application and of the toolkit, on both clusters, and the volumes."""
    found = []
    for cluster in (world.host, world.remote):
        found.append(await dumps.of(cluster, world.app))
        found.append(await dumps.of(cluster, world.namespace, but=(*_OF_ENGINES, *_DECLARED)))
        volumes = await cluster.list_all(resources.PERSISTENT_VOLUMES)
        mine = [item for item in volumes if item["metadata"]["name"].startswith(f"{world.app}-")]
        found.append({item["metadata"]["name"]: dumps.plain(item) for item in mine})
    return found


async def settle(world: World) -> None:
    """The application, in a target that has something of its own already; what clusters make by themselves is there."""
    await planes.make_namespace(world.host, world.app)
    await world.make(world.host, resources.CONFIG_MAPS, "was-here-before", data={"mine": "stays"})
    await ways.application(world)
    for cluster in (world.host, world.remote):
        for namespace in (world.app, world.namespace):
            await world.until(cluster, resources.CONFIG_MAPS, "kube-root-ca.crt", bool, namespace=namespace)
            await world.until(cluster, resources.SERVICE_ACCOUNTS, "default", bool, namespace=namespace)
    world.engine.brings = {"settings"}


async def canceled_in(host: Client, remote: Client, itinerary: str, phase: str) -> None:
    """Cancels a migration in a phase and compares."""
    async with migrations.stage(host, remote) as world:
        await settle(world)
        before = await look(world)
        await world.migrate("stopped", stage=itinerary == "Stage", quiescePods=itinerary == "Final")
        await ways.cancel_in(world, "stopped", phase)
        async with migrations.running(world):
            item = await world.until_over("stopped")
        after = await look(world)
    assert "Canceled" in planes.found(item), item["status"]
    assert "Succeeded" not in planes.found(item)
    assert dumps.changes(before, after) == []


@pytest.mark.parametrize(("itinerary", "phase"), draw.some(_PLACES, _SAMPLE))
async def test_a_canceled_migration_leaves_no_trace(host: Client, remote: Client, itinerary: str, phase: str) -> None:
    """Whatever it had done by then, on whichever cluster."""
    await canceled_in(host, remote, itinerary, phase)


@pytest.mark.nightly
@pytest.mark.parametrize(("itinerary", "phase"), _PLACES)
async def test_a_migration_that_is_canceled_in_any_phase_leaves_no_trace(host: Client, remote: Client, itinerary: str, phase: str) -> None:
    """As the sample, everywhere."""
    await canceled_in(host, remote, itinerary, phase)


async def test_a_failed_migration_leaves_stopped_workloads_and_no_other_trace(host: Client, remote: Client) -> None:
    """They stay stopped, because nobody knows whether the application runs somewhere else; all else is as it was."""
    async with migrations.stage(host, remote) as world:
        await settle(world)
        before = await look(world)
        world.engine.ends["stage"] = "Failed"
        await world.migrate("failed", quiescePods=True)
        async with migrations.running(world):
            item = await world.until_over("failed")
        after = await look(world)
    assert "Failed" in planes.found(item)
    web = "Deployment.apps/web"
    (line,) = dumps.changes(before, after)
    assert line.startswith(f"{web}:")
    source_before, source_after = before[3][web], after[3][web]
    assert _started_again(source_after) == source_before


def _started_again(stopped: Object) -> Object:
    """A Deployment as it is once somebody has done what its annotations say."""
    notes = dict(stopped["metadata"]["annotations"])
    replicas = int(notes.pop(names.PRE_QUIESCE_REPLICAS))
    kept = {key: value for key, value in notes.items() if key not in {names.PRE_QUIESCE_PAUSED, names.QUIESCED_BY}}
    meta = {**stopped["metadata"], "annotations": kept}
    return {**stopped, "metadata": meta, "spec": {**stopped["spec"], "replicas": replicas}}


async def test_a_rollback_leaves_no_trace(host: Client, remote: Client) -> None:
    """Of what was made in the target and stopped in the source; a second one changes nothing more."""
    async with migrations.stage(host, remote) as world:
        await settle(world)
        before = await look(world)
        await ways.WAYS["Rollback"].begin(world, "back")
        async with migrations.running(world):
            await world.until_over("back")
            first = await look(world)
            await world.migrate("again", rollback=True)
            await world.until_over("again")
        second = await look(world)
    assert dumps.changes(before, first) == []
    assert dumps.changes(before, second) == []
