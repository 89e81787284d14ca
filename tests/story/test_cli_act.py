"""Given a plan, when a person acts on it from the command line, then the right objects come into being, after the right questions."""

import asyncio
import itertools
import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from kit import planes
from kit.person import Person
from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Client, Object

pytestmark = pytest.mark.anyio

_numbers = itertools.count(1)
#: No program needs as long to begin or to end, however busy the machine is.
_ENDLESS_S = 120
_READY = {"type": "Ready", "status": "True", "category": "Required", "message": "Ready."}


async def _world(host: Client, remote: Client) -> tuple[planes.World, str]:
    """A plan that is ready, its application in the source, and nobody who looks after them; the application's namespace."""
    number = next(_numbers)
    world, app = planes.World(host, remote, f"act-{number}"), f"act-app-{number}"
    for cluster in (host, remote):
        await planes.make_namespace(cluster, world.namespace)
        await planes.make_namespace(cluster, app)
    await world.declare_clusters(token=await planes.token(remote, world.namespace, "mover", may="cluster-admin"))
    await world.declare_plan("shop", [app])
    await host.patch(resources.MIG_PLANS, "shop", {"status": {"conditions": [_READY]}}, namespace=world.namespace)
    pod = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "none.example/none"}]}}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": pod}
    await remote.create(
        resources.DEPLOYMENTS, {"metadata": {"name": "web", "namespace": app}, "spec": spec, "apiVersion": "apps/v1", "kind": "Deployment"}
    )
    return world, app


async def _runs(world: planes.World) -> list[Object]:
    return await world.host.list_all(resources.MIG_MIGRATIONS, namespace=world.namespace)


async def _end(world: planes.World, name: str, *types: str, **status: Any) -> None:
    """Ends a run as the controller does."""
    found = [{"type": kind, "status": "True", "category": "Advisory", "message": f"It has {kind}.", "durable": True} for kind in types]
    body = {"phase": "Completed", "itinerary": "Final", "conditions": found} | status
    await world.host.patch(resources.MIG_MIGRATIONS, name, {"status": body}, namespace=world.namespace)


async def test_a_cutover_says_what_it_stops_asks_and_makes_the_run(host: Client, remote: Client, tmp_path: Path) -> None:
    """Nobody who cannot be asked stops an application; who says no changes nothing; who says yes gets one run."""
    world, app = await _world(host, remote)
    person = await Person.at(world, tmp_path)

    _, err = await person.run("cutover", "shop", code=2)
    assert "--yes" in err
    assert not await _runs(world)

    shown = await person.type("cutover", "shop", answers=["n"], code=1)
    assert f"  Deployment {app}/web" in shown
    assert "1 workload on remote will be stopped:" in shown
    assert "For how long is not known" in shown
    assert "Nothing was done." in shown
    assert not await _runs(world)
    assert max(len(line) for line in shown.splitlines()) <= 110

    shown = await person.type("cutover", "shop", answers=["y"])
    assert re.search(r"MigMigration shop-cutover-\w+ created\. `mtc status shop-cutover-\w+` shows", shown)
    (run,) = await _runs(world)
    assert run["spec"] == {"migPlanRef": world.reference("shop"), "stage": False, "quiescePods": True}
    assert names.DRY_RUN not in (run["metadata"].get("annotations") or {})

    await _end(world, run["metadata"]["name"], "Succeeded")
    _, err = await person.run("cutover", "shop", "--yes", "-o", "json", code=1)
    error = json.loads(err)["error"]
    assert error["reason"] == "NotPossible"
    assert "Roll it back" in error["message"]
    assert len(await _runs(world)) == 1


async def test_each_verb_makes_its_run(host: Client, remote: Client, tmp_path: Path) -> None:
    """Stage, state and rollback, for people and for programs; a plan that does not exist makes nothing."""
    world, _ = await _world(host, remote)
    person = await Person.at(world, tmp_path)
    out, _ = await person.run("stage", "shop", "--yes", "-o", "json")
    made = json.loads(out)
    assert made["spec"]["stage"] is True
    out, _ = await person.run("rollback", "shop", "--yes", "-o", "name")
    assert out.startswith("migmigration.migration.openshift.io/shop-rollback-")
    specs = [run["spec"] for run in await _runs(world)]
    assert sorted(spec.get("rollback", False) for spec in specs) == [False, True]
    _, err = await person.run("migrate-state", "shop", "--yes", code=None)
    assert "Traceback" not in err
    _, err = await person.run("stage", "absent", "--yes", code=1)
    assert "There is no MigPlan or MigMigration absent" in err


async def test_a_dry_run_is_waited_for_and_told(host: Client, remote: Client, tmp_path: Path) -> None:
    """It needs no question, because it changes nothing, and exits with 3 when something is in the way."""
    world, _ = await _world(host, remote)
    person = await Person.at(world, tmp_path)
    running = asyncio.create_task(person.run("cutover", "shop", "--dry-run", code=3))
    (run,) = await world.until_list(resources.MIG_MIGRATIONS, lambda found: len(found) == 1, cluster=host, timeout_s=_ENDLESS_S)
    assert run["metadata"]["annotations"][names.DRY_RUN] == "true"
    report = {"objects": {"create": 4, "refused": 1}, "conflicts": ["The port is taken."], "phases": [{"name": "Created"}]}
    await _end(world, run["metadata"]["name"], "DryRunCompleted", itinerary="DryRun", dryRun=report)
    out, _ = await running
    assert "Objects in the target: 4 create, 1 refused" in out
    assert "  The port is taken." in out


async def test_waiting_ends_with_the_code_of_the_run_or_in_time(host: Client, remote: Client, tmp_path: Path) -> None:
    """Failed with why and what to do, timed out with the word that it goes on."""
    world, _ = await _world(host, remote)
    person = await Person.at(world, tmp_path)
    _, err = await person.run("stage", "shop", "--yes", "--wait", "--timeout", "1s", code=4)
    assert "It goes on" in err
    (run,) = await _runs(world)
    name = run["metadata"]["name"]
    following = asyncio.create_task(person.run("status", "shop", code=1))
    steps = [{"name": "Prepare", "started": "2026-01-01T10:00:00Z", "completed": "2026-01-01T10:00:12Z"}]
    advice = {"state": "not-required", "message": "The application runs in the source."}
    await _end(world, name, "Failed", errors=["disk is full"], pipeline=steps, rollback=advice)
    out, _ = await following
    assert "Prepare: done, took 12s" in out
    assert f"MigMigration {name}: Failed" in out
    assert "  disk is full" in out
    assert "No rollback is needed. The application runs in the source." in out
    for code, *types in ((0, "Succeeded"), (3, "SucceededWithWarnings"), (1, "Canceled")):
        await host.patch(resources.MIG_MIGRATIONS, name, {"status": None}, namespace=world.namespace)
        await _end(world, name, *types)
        await person.run("status", name, code=code)
    assert json.loads((await person.run("status", "shop", "-o", "json", code=1))[0])["metadata"]["name"] == name


async def test_the_live_view_shows_volumes_with_figures(host: Client, remote: Client, tmp_path: Path) -> None:
    """On a terminal of 100 columns, until the run ends."""
    world, _ = await _world(host, remote)
    person = await Person.at(world, tmp_path)
    item = {"kind": "PodVolumeBackup", "name": "b", "claim": "shop/data", "state": "Running"}
    figures = {"items": [item | {"bytesDone": 2**29, "bytesTotal": 2**30, "bytesPerSecond": 2**24, "etaSeconds": 32}]}
    steps = [
        {"name": "StageBackup", "started": "2026-01-01T10:00:00Z", "phase": "StageBackupCreated", "message": "Copying.", "figures": figures}
    ]
    spec = {"migPlanRef": world.reference("shop"), "stage": True}
    await world.make(resources.MIG_MIGRATIONS, "run", spec=spec)
    await host.patch(
        resources.MIG_MIGRATIONS,
        "run",
        {"status": {"phase": "StageBackupCreated", "itinerary": "Stage", "pipeline": steps}},
        namespace=world.namespace,
    )
    shown = await person.type("status", "shop", "--once")
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert "512.0 MiB of 1.0 GiB, 16.0 MiB/s, 32s left" in plain
    assert "StageBackupCreated: Copying." in plain
    assert max(len(line) for line in plain.splitlines()) <= 100
    following = asyncio.create_task(person.type("status", "shop"))
    await _end(world, "run", "Succeeded", itinerary="Stage", pipeline=[{**steps[0], "completed": "2026-01-01T10:01:00Z"}])
    assert "MigMigration run: Succeeded" in await following
    out, _ = await person.run("status", "shop", "--once")
    assert "\x1b" not in out
    assert max(len(line) for line in out.splitlines()) <= 100


async def test_cancel_and_retry_ask_the_controller(host: Client, remote: Client, tmp_path: Path) -> None:
    """By the field and the annotation that it looks at, for the run that is meant, and only once."""
    world, _ = await _world(host, remote)
    person = await Person.at(world, tmp_path)
    _, err = await person.run("cancel", "shop", "--yes", code=1)
    assert "No run of plan shop is at work" in err
    spec = {"migPlanRef": world.reference("shop"), "stage": False}
    await world.make(resources.MIG_MIGRATIONS, "run", spec=spec)
    assert "run is in phase" in (await person.run("cancel", "shop", "--dry-run"))[0]
    assert not (await host.get(resources.MIG_MIGRATIONS, "run", namespace=world.namespace))["spec"].get("canceled")
    canceling = asyncio.create_task(person.run("cancel", "shop", "--yes", "--wait"))
    await world.until(resources.MIG_MIGRATIONS, "run", lambda item: item["spec"].get("canceled") is True, timeout_s=_ENDLESS_S)
    await _end(world, "run", "Canceled")
    await canceling

    await world.make(resources.MIG_MIGRATIONS, "failed", spec=spec)
    await _end(world, "failed", "Failed", errors=["disk is full"])
    out, _ = await person.run("retry", "failed", "--yes")
    assert "failed failed: disk is full" in out
    found = await host.get(resources.MIG_MIGRATIONS, "failed", namespace=world.namespace)
    assert found["metadata"]["annotations"][names.RETRY]
    _, err = await person.run("retry", "failed", "--yes", code=1)
    assert "asked for another try already" in err


async def test_a_dry_run_that_waits_is_canceled(host: Client, remote: Client, tmp_path: Path) -> None:
    """It goes without a trace, because it has changed nothing; one that has ended stays."""
    world, _ = await _world(host, remote)
    person = await Person.at(world, tmp_path)
    meta = {"namespace": world.namespace, "annotations": {names.DRY_RUN: "true"}}
    spec = {"migPlanRef": world.reference("shop"), "stage": False}
    for name in ("ended", "waits"):
        body = {"apiVersion": "migration.openshift.io/v1alpha1", "kind": "MigMigration", "metadata": {**meta, "name": name}, "spec": spec}
        await host.create(resources.MIG_MIGRATIONS, body)
    await _end(world, "ended", "DryRunCompleted", itinerary="DryRun")
    assert "waits is a dry run in phase" in (await person.run("cancel", "shop", "--dry-run"))[0]
    assert len(await _runs(world)) == 2
    assert "MigMigration waits is deleted." in (await person.run("cancel", "shop", "--yes", "--wait"))[0]
    assert [run["metadata"]["name"] for run in await _runs(world)] == ["ended"]


async def _converted(world: planes.World, app: str) -> None:
    """A plan `st2` that has converted the storage of a Deployment, and another Deployment that uses none of it."""
    host, core = world.host, {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
    same = {"srcMigClusterRef": world.reference("host"), "destMigClusterRef": world.reference("host")}
    volume = {
        "name": "pv",
        "pvc": {"namespace": app, "name": "data:data-new"},
        "selection": {"action": "copy", "copyMethod": "filesystem"},
    }
    await world.declare_plan("st2", [app], persistentVolumes=[volume], indirectVolumeMigration=False, **same)
    plan = await host.patch(resources.MIG_PLANS, "st2", {"status": {"conditions": [_READY]}}, namespace=world.namespace)
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    for name, labels in (("data", {}), ("data-new", {names.MIGRATED_BY_MIGPLAN: plan["metadata"]["uid"]})):
        body = {**core, "metadata": {"name": name, "namespace": app, "labels": labels}, "spec": claim}
        await host.create(resources.PERSISTENT_VOLUME_CLAIMS, body)
    for name, volumes in (("web", [{"name": "v", "persistentVolumeClaim": {"claimName": "data-new"}}]), ("free", [])):
        pod = {
            "metadata": {"labels": {"app": name}},
            "spec": {"containers": [{"name": "c", "image": "none.example/none"}], "volumes": volumes},
        }
        spec = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": pod}
        meta = {"name": name, "namespace": app}
        await host.create(resources.DEPLOYMENTS, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": spec})


async def test_a_rollback_of_a_conversion_says_what_becomes_of_the_application(host: Client, remote: Client, tmp_path: Path) -> None:
    """What is stopped, which claims go, and that what was written since is lost; a conversion itself stops only who uses the claims."""
    world, app = await _world(host, remote)
    person = await Person.at(world, tmp_path)
    await _converted(world, app)
    spec = {"migPlanRef": world.reference("st2"), "stage": False, "migrateState": True, "quiescePods": True}
    await world.make(resources.MIG_MIGRATIONS, "there", spec=spec)
    message = "The migration succeeded. A rollback would take the application back to the source, without what it has written since."
    await _end(world, "there", "Succeeded", itinerary="Stage", rollback={"state": "not-required", "message": message})
    said = [
        "No rollback is needed after there.",
        "Because: no workload of the application stands still on cluster host through this plan.",
        "It takes the conversion back: 1 workload on cluster host is stopped and gets its old claims back:",
        f"  Deployment {app}/web",
        "It deletes 1 new claim, which the application uses now (the old one behind the arrow):",
        f"  {app}/data-new → {app}/data",
        "What the application has written since the conversion is lost.",
        "Namespaces and objects that were there before stay.",
    ]
    out, _ = await person.run("rollback", "st2", "--dry-run")
    assert out.splitlines() == said
    shown = await person.type("rollback", "st2", answers=["n"], code=1)
    assert [line for line in said if line not in shown] == []
    assert len(await _runs(world)) == 1

    await host.patch(resources.DEPLOYMENTS, "web", _mounting("data"), namespace=app)
    shown = await person.type("convert", "st2", answers=["n"], code=1)
    assert "1 workload on host will be stopped:" in shown
    assert f"Deployment {app}/web" in shown
    assert f"Deployment {app}/free" not in shown


def _mounting(claim: str) -> Object:
    return {"spec": {"template": {"spec": {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": claim}}]}}}}


async def test_a_rollback_states_the_rule_and_what_it_deletes(host: Client, remote: Client, tmp_path: Path) -> None:
    """Needed because of what, which workloads it starts, how many objects of which kind it deletes; a dry run does nothing."""
    world, app = await _world(host, remote)
    person = await Person.at(world, tmp_path)
    plan = await host.get(resources.MIG_PLANS, "shop", namespace=world.namespace)
    uid = plan["metadata"]["uid"]
    out, _ = await person.run("rollback", "shop", "--dry-run")
    assert "Plan shop has no run" in out
    await world.make(resources.MIG_MIGRATIONS, "run", spec={"migPlanRef": world.reference("shop"), "stage": False})
    advice = {"state": "required", "message": "It failed while the application stood still.", "workloads": [f"Deployment {app}/web"]}
    await _end(world, "run", "Failed", errors=["disk is full"], rollback=advice)
    marks = {names.PRE_QUIESCE_REPLICAS: "2", names.QUIESCED_BY: f"{uid}.x"}
    await remote.patch(resources.DEPLOYMENTS, "web", {"metadata": {"annotations": marks}, "spec": {"replicas": 0}}, namespace=app)
    for name in ("a", "b"):
        meta = {"name": name, "namespace": app, "labels": {names.MIGRATED_BY_MIGPLAN: uid}}
        await host.create(resources.CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})
    out, _ = await person.run("rollback", "shop", "--dry-run")
    assert out.splitlines() == [
        "A rollback is needed after run: it left the application stopped.",
        "Because: It failed while the application stood still.",
        "It starts 1 workload on cluster remote:",
        f"  Deployment {app}/web",
        "It deletes 2 objects on cluster host:",
        "  2 ConfigMap",
        "Namespaces and objects that were there before stay.",
    ]
    assert len(await _runs(world)) == 1

    for verb in ("close", "delete"):
        # What only a rollback starts again must not lose its plan, whoever says yes to everything.
        _, err = await person.run("plan", verb, "shop", "--yes", code=1)
        assert "needs a rollback after MigMigration run" in err
        assert f"Deployment {app}/web" in err
        assert "--without-rollback" in err
    await person.type("rollback", "shop", answers=["y"])
    (back,) = [run["metadata"]["name"] for run in await _runs(world) if run["spec"].get("rollback")]
    await host.patch(resources.MIG_MIGRATIONS, back, {"status": {"phase": "Rollback", "itinerary": "Rollback"}}, namespace=world.namespace)
    for verb in ("close", "delete"):
        _, err = await person.run("plan", verb, "shop", "--yes", "--without-rollback", code=1)
        assert f"{back} of plan shop is at work" in err
    await _end(world, back, "Succeeded", itinerary="Rollback", rollback={"state": "done", "message": "It runs in the source."})
    shown = await person.type("plan", "close", "shop", answers=["n"], code=1)
    assert "no run of it can be rolled back" in " ".join(shown.split())
    assert not (await host.get(resources.MIG_PLANS, "shop", namespace=world.namespace))["spec"].get("closed")
    await person.run("plan", "close", "shop", "--yes")
    assert (await host.get(resources.MIG_PLANS, "shop", namespace=world.namespace))["spec"]["closed"]


@pytest.mark.parametrize(("language", "goes_on"), [("en", "goes on in the cluster."), ("ja", "はクラスター内で続行されます。")])
async def test_whoever_interrupts_gets_130_and_the_run_goes_on(
    host: Client, remote: Client, tmp_path: Path, language: str, goes_on: str
) -> None:
    """Nothing is changed by it, and a line tells how to go on."""
    world, _ = await _world(host, remote)
    person = await Person.at(world, tmp_path)
    await world.make(resources.MIG_MIGRATIONS, "run", spec={"migPlanRef": world.reference("shop"), "stage": True})
    steps = [{"name": "Prepare", "started": "2026-01-01T10:00:00Z", "phase": "Started", "message": "Starting."}]
    await host.patch(
        resources.MIG_MIGRATIONS,
        "run",
        {"status": {"phase": "Started", "itinerary": "Stage", "pipeline": steps}},
        namespace=world.namespace,
    )
    running = await person.start("status", "run", "--lang", language)
    try:
        # Its first line tells that it follows the run: no time is guessed. Only one that never ends meets the limit.
        async with asyncio.timeout(_ENDLESS_S):
            line = await running.stdout.readline()
            if line:
                running.send_signal(signal.SIGINT)
            _, err = await running.communicate()
    finally:
        if running.returncode is None:
            running.kill()
    assert b"Prepare: Started Starting." in line, (line, err)
    assert running.returncode == 130, err
    (line_of_ours,) = err.decode().splitlines()
    assert all(text in line_of_ours for text in ("mtc: MigMigration run", goes_on, "`mtc status run`", "`mtc cancel run`"))
    found = await host.get(resources.MIG_MIGRATIONS, "run", namespace=world.namespace)
    assert found["status"]["phase"] == "Started"
