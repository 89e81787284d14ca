"""Given an engine with a bucket, when a person works with it from the command line, then backups and restores come and go."""

import json
import tarfile
from pathlib import Path

import pytest
import yaml

from kit import engines, planes
from kit.person import Person
from kit.s3 import S3Server
from mtc.kube import resources
from mtc.kube.client import Client

pytestmark = pytest.mark.anyio


async def test_a_backup_is_made_shown_read_restored_and_deleted(host: Client, s3: S3Server, tmp_path: Path) -> None:
    """The way of every day, with exit codes and files."""
    async with engines.station(host, s3) as station:
        await station.locate()
        await station.until(resources.BACKUP_STORAGE_LOCATIONS, "default", lambda item: engines.phase(item) == "Available")
        app = f"{station.namespace}-app"
        await planes.make_namespace(host, app)
        meta = {"name": "a", "namespace": app, "labels": {"app": "web"}}
        await host.create(resources.CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"k": "v"}})
        person = await Person.at(planes.World(host, host, station.namespace), tmp_path)

        out, _ = await person.run("backup", "create", "b", "--include-namespaces", app, "--ttl", "24h", "-o", "yaml")
        assert yaml.safe_load(out)["spec"] == {"includedNamespaces": [app], "ttl": "24h0m0s"}
        assert await host.find(resources.BACKUPS, "b", namespace=station.namespace) is None
        out, _ = await person.run("backup", "create", "b", "--include-namespaces", app, "--ttl", "24h", "--wait", "--timeout", "2m")
        assert "Backup b: Completed" in out
        _, err = await person.run("backup", "create", "b", code=1)
        assert "already" in err
        out, _ = await person.run("backup", "get")
        assert out.splitlines()[1].split()[:2] == ["b", "Completed"]
        assert json.loads((await person.run("backup", "get", "b", "-o", "json"))[0])["items"][0]["metadata"]["name"] == "b"
        out, _ = await person.run("backup", "describe", "b", "--details")
        assert "Errors: none" in out
        out, _ = await person.run("backup", "logs", "b")
        assert "level=info" in out
        file = tmp_path / "b.tar.gz"
        await person.run("backup", "download", "b", "--output", str(file))
        with tarfile.open(file) as archive:
            assert f"resources/configmaps/namespaces/{app}/a.json" in archive.getnames()
        _, err = await person.run("backup", "download", "b", "--output", str(file), code=1)
        assert "--force" in err

        mapping = f"{app}:{app}-2"
        out, _ = await person.run(
            "restore", "create", "r", "--from-backup", "b", "--namespace-mappings", mapping, "--wait", "--timeout", "2m", code=None
        )
        assert "Restore r: Completed" in out
        assert await host.find(resources.CONFIG_MAPS, "a", namespace=f"{app}-2") is not None
        out, _ = await person.run("restore", "get")
        assert out.splitlines()[1].split()[:3] == ["r", "b", "Completed"]
        assert "level=info" in (await person.run("restore", "logs", "r"))[0]
        location = resources.BACKUP_STORAGE_LOCATIONS
        await host.patch(location, "default", {"spec": {"accessMode": "ReadOnly"}}, namespace=station.namespace)
        await person.run("restore", "create", "again", "--from-backup", "b", "--wait", "--timeout", "2m", code=None)
        for words in (("logs",), ("describe", "--details")):
            _, err = await person.run("restore", words[0], "again", *words[1:], code=1)
            assert "BackupStorageLocation default is ReadOnly" in err
        await host.patch(location, "default", {"spec": {"accessMode": "ReadWrite"}}, namespace=station.namespace)
        _, err = await person.run("restore", "create", "x", "--from-backup", "none", "--wait", "--timeout", "2m", code=1)
        assert not err
        await person.run("backup", "delete", "b", code=2)
        out, _ = await person.run("backup", "delete", "b", "--confirm", "--wait")
        assert "Backup b is deleted." in out
        assert await host.find(resources.RESTORES, "r", namespace=station.namespace) is None
        assert [key async for key in station.bucket.keys("backups/b/")] == []


async def test_locations_and_schedules(host: Client, s3: S3Server, tmp_path: Path) -> None:
    """A location is tried at once, and what the engine says about it is told; a schedule can be paused."""
    async with engines.station(host, s3) as station:
        await station.locate(name="first")
        person = await Person.at(planes.World(host, host, station.namespace), tmp_path)
        config = ",".join(f"{key}={value}" for key, value in station.location.config.items())
        place = ("--provider", "aws", "--bucket", station.location.bucket, "--config", config, "--credential", "first-cloud=cloud")
        out, _ = await person.run("bsl", "create", "second", *place, "--prefix", "second")
        assert "second is available" in out
        _, err = await person.run("bsl", "create", "third", *place[:-1], "none=cloud", code=1)
        assert "third is not available: " in err
        out, _ = await person.run("bsl", "get", "second")
        assert out.splitlines()[1].split()[:4] == ["second", "aws", f"{station.location.bucket}/second", "Available"]
        await person.run("bsl", "set", "second", "--default")
        await station.until(resources.BACKUP_STORAGE_LOCATIONS, "second", lambda item: item["spec"].get("default") is True)
        await person.run("bsl", "delete", "third", "--yes")
        assert await host.find(resources.BACKUP_STORAGE_LOCATIONS, "third", namespace=station.namespace) is None

        await person.run("schedule", "create", "s", "--schedule", "@daily", "--include-namespaces", "none", "--paused")
        await person.run("schedule", "unpause", "s")
        assert not (await host.get(resources.SCHEDULES, "s", namespace=station.namespace))["spec"]["paused"]
        await person.run("schedule", "pause", "s")
        out, _ = await person.run("schedule", "get")
        assert out.splitlines()[1].split()[0] == "s"
        assert out.splitlines()[1].split()[-1] == "true"
        await person.run("backup", "create", "now", "--from-schedule", "s")
        made = await host.get(resources.BACKUPS, "now", namespace=station.namespace)
        assert made["metadata"]["labels"]["velero.io/schedule-name"] == "s"
        _, err = await person.run("schedule", "create", "t", "--schedule", "sometimes", code=2)
        assert "five fields" in err
        await person.run("schedule", "delete", "s", "--yes")
