"""Given two clusters, when a person asks the command line what there is, then one login shows both."""

import asyncio
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from kit import planes
from kit.person import Person
from mtc.api import names
from mtc.cli import get
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.look import kinds, sites, tables

pytestmark = pytest.mark.anyio

_numbers = itertools.count(1)
#: No program needs as long to begin or to tell something, however busy the machine is.
_ENDLESS_S = 120


async def _world(host: Client, remote: Client) -> planes.World:
    """Namespaces of their own, and nobody who looks after what is in them."""
    world = planes.World(host, remote, f"look-{next(_numbers)}")
    for cluster in {host, remote}:
        await planes.make_namespace(cluster, world.namespace)
    return world


async def _made(cluster: Client, kind: resources.ResourceType, namespace: str, name: str, labels: dict[str, str], **content: Any) -> Object:
    status = content.pop("status")
    body = {"metadata": {"name": name, "namespace": namespace, "labels": labels}, **content}
    made = await cluster.create(kind, {"apiVersion": kind.api_version, "kind": kind.kind, **body})
    await cluster.patch(kind, name, {"status": status}, namespace=namespace)
    return made


async def _failed_migration(world: planes.World) -> None:
    """A migration whose volume could not be copied, as controller and engine leave it."""
    failed = {"type": "Failed", "status": "True", "category": "Advisory", "message": "The migration has failed.", "durable": True}
    status = {
        "phase": "Completed",
        "conditions": [failed],
        "errors": ["volume data: disk is full"],
        "startTimestamp": "2026-01-01T10:00:00Z",
    }
    run = await _made(
        world.host,
        resources.MIG_MIGRATIONS,
        world.namespace,
        "run",
        {},
        spec={"migPlanRef": world.reference("shop"), "stage": False},
        status=status,
    )
    labels = {names.MIGRATED_BY_MIGMIGRATION: run["metadata"]["uid"]}
    await _made(
        world.remote,
        resources.BACKUPS,
        world.namespace,
        "run-stage-bcdfg",
        labels,
        spec={},
        status={"phase": "PartiallyFailed", "errors": 1},
    )
    await _made(
        world.remote,
        resources.POD_VOLUME_BACKUPS,
        world.namespace,
        "run-stage-bcdfg-hjklm",
        {names.BACKUP_NAME: "run-stage-bcdfg"},
        spec={
            "node": "n",
            "pod": {"name": "p", "namespace": "shop"},
            "volume": "data",
            "backupStorageLocation": "l",
            "repoIdentifier": "r",
        },
        status={"phase": "Failed", "message": "disk is full"},
    )


async def test_one_login_shows_all_clusters(host: Client, remote: Client, tmp_path: Path) -> None:
    """Tables, objects, descriptions and trees name the cluster; errors say what to do, to people and to programs."""
    world = await _world(host, remote)
    await world.declare_clusters()
    await world.declare_plan("shop", ["absent"])
    absent = {
        "type": "NamespaceNotFoundOnSourceCluster",
        "status": "True",
        "category": "Critical",
        "reason": "NotFound",
        "message": "Not there.",
    }
    await world.host.patch(resources.MIG_PLANS, "shop", {"status": {"conditions": [absent]}}, namespace=world.namespace)
    await _failed_migration(world)
    person = await Person.at(world, tmp_path)

    out, _ = await person.run("get", "plan")
    assert out.splitlines()[0].split()[:2] == ["CLUSTER", "NAME"]
    assert out.splitlines()[1].split()[:2] == ["host", "shop"]
    shown = await person.type("get", "migration")
    assert max(map(len, shown.splitlines())) <= 100
    out, _ = await person.run("get")
    assert "Backup: " in out
    assert any(line.split()[:2] == ["remote", "run-stage-bcdfg"] for line in out.splitlines())

    found = json.loads((await person.run("get", "pvb", "-o", "json"))[0])
    assert [(item["cluster"], item["metadata"]["name"]) for item in found["items"]] == [("remote", "run-stage-bcdfg-hjklm")]
    assert (await person.run("get", "backup", "-o", "name"))[0].split() == ["backup.velero.io/run-stage-bcdfg"]

    out, _ = await person.run("describe", "migplan", "shop")
    assert "What to do: " in out[: out.index("Metadata:")]
    assert "NamespaceNotFoundOnSourceCluster (Critical, NotFound" in out

    lines = (await person.run("tree", "run"))[0].splitlines()
    assert lines[0].startswith("✗ MigMigration run  [Failed, on host")
    assert [line for line in lines if "PodVolumeBackup run-stage-bcdfg-hjklm  [Failed, on remote" in line]
    assert any(line.endswith("disk is full") for line in lines[1:])
    tree = json.loads((await person.run("tree", "shop", "-o", "json"))[0])
    assert [child["name"] for child in tree["children"]] == ["run"]
    lines = (await person.run("tree", "run-stage-bcdfg"))[0].splitlines()
    assert lines[0].startswith("✗ Backup run-stage-bcdfg  [PartiallyFailed, on remote")
    assert [line for line in lines[1:] if "PodVolumeBackup run-stage-bcdfg-hjklm  [Failed, on remote" in line]
    _, err = await person.run("tree", "nothing", code=1)
    assert "There is no MigPlan, MigMigration, Backup or Restore nothing in" in err

    _, err = await person.run("get", "migplan", "nothing", "-o", "json", code=1)
    assert json.loads(err)["error"]["reason"] == "NotFound"
    _, err = await person.run("get", "migplna", code=2)
    assert "Did you mean migplan?" in err


async def test_a_cluster_that_cannot_be_asked_is_told_beside_what_the_others_have(host: Client, remote: Client, tmp_path: Path) -> None:
    """The answer of the others is shown, the trouble is on stderr, and the exit code tells a program."""
    world = await _world(host, remote)
    await world.declare_clusters(url="https://127.0.0.1:9")
    person = await Person.at(world, tmp_path)
    out, err = await person.run("get", code=3)
    assert [line.split()[1] for line in out.splitlines() if line.startswith("host ")] == ["host", "remote"]
    assert "cluster remote: " in err
    assert "127.0.0.1:9" in err


async def test_changes_are_shown_as_they_come(host: Client, remote: Client, tmp_path: Path) -> None:
    """An object that is made or deleted while a person watches is a line."""
    world = await _world(host, remote)
    await world.declare_clusters()
    person = await Person.at(world, tmp_path)
    running = await person.start("get", "migplan", "--watch")
    try:
        await world.declare_plan("later", ["absent"])
        async with asyncio.timeout(_ENDLESS_S):
            head = b""
            while b"later" not in (line := await running.stdout.readline()):
                assert line, "the program has ended"
                head = line
            # Nothing was there to begin with: the names of the columns come with the first row, and it stands below them.
            assert head.split()[:2] == [b"CLUSTER", b"NAME"]
            assert line.index(b"later") == head.index(b"NAME")
            await world.host.delete(resources.MIG_PLANS, "later", namespace=world.namespace)
            while b"deleted" not in (line := await running.stdout.readline()):
                assert line, "the program has ended"
    finally:
        running.terminate()
        await running.wait()


async def test_what_goes_before_the_watch_begins_is_told(host: Client, capsys: pytest.CaptureFixture[str]) -> None:
    """An object of the first table that was deleted while the table was printed is not shown as if it were there."""
    world = await _world(host, host)
    seen = sites.Sites((sites.Site("host", host, is_host=True),))
    first = tables.Table((tables.CLUSTER, "Name", "Age"), (("host", "fleeting", "1s"),))
    watching = asyncio.create_task(get._changes(seen, kinds.parse("migplan"), "", world.namespace, "", first, wide=False))
    try:
        async with asyncio.timeout(_ENDLESS_S):
            text = ""
            while "deleted" not in text:
                assert not watching.done()
                await asyncio.sleep(0.02)
                text += capsys.readouterr().out
    finally:
        watching.cancel()
        await asyncio.wait([watching])
    assert text.split() == ["host", "fleeting", "deleted"]
