"""Given an engine, when a Schedule is due, then it makes one Backup for each time."""

import asyncio
from datetime import UTC, datetime, timedelta

from kit import engines
from kit.s3 import S3Server
from mtc.api import base
from mtc.engine.schedules import Schedules
from mtc.kube import resources
from mtc.kube.client import Client, Object

_LABEL = "velero.io/schedule-name"
_NEVER = "0 0 29 2 *"


async def _schedule(engine: engines.Station, name: str, cron: str, **content: Object) -> Object:
    spec = {"schedule": cron, "template": {"includedNamespaces": [engine.namespace], "includedResources": ["configmaps"]}}
    return await engine.make(resources.SCHEDULES, name, spec={**spec, **content})


async def _backups(engine: engines.Station, schedule: str) -> list[Object]:
    found = await engine.cluster.list_all(resources.BACKUPS, namespace=engine.namespace, label_selector=f"{_LABEL}={schedule}")
    return sorted(found, key=lambda item: str(item["metadata"]["name"]))


async def _until_backups(engine: engines.Station, schedule: str, count: int) -> list[Object]:
    async with asyncio.timeout(60):
        while len(found := await _backups(engine, schedule)) < count:  # noqa: ASYNC110 - any of several objects
            await asyncio.sleep(0.2)
    return found


async def test_backups_are_made_again_and_again(host: Client, s3: S3Server) -> None:
    """They have the template's spec and the Schedule's marks, and one begins when the one before has ended."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        body = {
            "metadata": {"name": "often", "namespace": engine.namespace, "labels": {"team": "a"}, "annotations": {"note": "b"}},
            "spec": {
                "schedule": "@every 1s",
                "template": {"includedResources": ["configmaps"], "includedNamespaces": [engine.namespace], "ttl": "1h0m0s"},
                "useOwnerReferencesInBackup": True,
            },
        }
        schedule = await host.create(resources.SCHEDULES, {"apiVersion": "velero.io/v1", "kind": "Schedule", **body})
        first, *_ = await _until_backups(engine, "often", 3)
        assert first["metadata"]["labels"]["team"] == "a"
        assert first["metadata"]["annotations"]["note"] == "b"
        assert first["metadata"]["ownerReferences"][0]["uid"] == schedule["metadata"]["uid"]
        assert first["spec"]["ttl"] == "1h0m0s"
        assert engines.phase(await engine.ended(resources.BACKUPS, first["metadata"]["name"])) == "Completed"
        told = await engine.until(resources.SCHEDULES, "often", lambda item: bool(item.get("status", {}).get("lastBackup")))
        assert told["status"]["phase"] == "Enabled"

        await host.patch(resources.SCHEDULES, "often", {"spec": {"paused": True}}, namespace=engine.namespace)
        await asyncio.sleep(1)
        before = len(await _backups(engine, "often"))
        await asyncio.sleep(3)
        assert len(await _backups(engine, "often")) == before, "it was paused"


async def test_one_for_each_time_however_often_the_engine_ends(host: Client, s3: S3Server) -> None:
    """A Backup that was made and not told of counts; one that has not ended, whatever its phase, holds the next one back."""
    async with engines.station(host, s3) as engine:
        await engine.stop()
        made = await _schedule(engine, "s", "@hourly")
        now = datetime.fromisoformat(made["metadata"]["creationTimestamp"])
        late = now + timedelta(hours=3)
        steps = Schedules(host, clock=lambda: late)
        await steps.step(engine.namespace, "s")
        (backup,) = await _backups(engine, "s")
        told = await host.get(resources.SCHEDULES, "s", namespace=engine.namespace)
        assert told["status"]["lastBackup"] == base.format_time(late)

        # As if the engine had been killed before it could tell.
        await host.patch(
            resources.SCHEDULES, "s", {"status": {"lastBackup": base.format_time(now - timedelta(hours=2))}}, namespace=engine.namespace
        )
        kind, name = resources.BACKUPS, backup["metadata"]["name"]
        for phase in ("", "Queued", "ReadyToStart", "InProgress", "WaitingForPluginOperations", "Finalizing"):
            await host.patch(kind, name, {"status": {"phase": phase}}, namespace=engine.namespace)
            soon = Schedules(host, clock=lambda: now + timedelta(minutes=1))
            assert await soon.step(engine.namespace, "s") is not None
            assert len(await _backups(engine, "s")) == 1, phase
        await host.patch(kind, name, {"status": {"phase": "Completed"}}, namespace=engine.namespace)
        await Schedules(host, clock=lambda: now + timedelta(minutes=1)).step(engine.namespace, "s")
        assert len(await _backups(engine, "s")) == 1
        told = await host.get(resources.SCHEDULES, "s", namespace=engine.namespace)
        assert told["status"]["lastBackup"] == backup["metadata"]["creationTimestamp"]


async def test_what_is_wrong_is_said_and_what_is_skipped(host: Client, s3: S3Server) -> None:
    """A correction is enough to go on."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        await _schedule(engine, "odd", "every now and then")
        told = await engine.until(resources.SCHEDULES, "odd", lambda item: engines.phase(item) == "FailedValidation")
        assert "five fields" in told["status"]["validationErrors"][0]
        await host.patch(resources.SCHEDULES, "odd", {"spec": {"schedule": _NEVER}}, namespace=engine.namespace)
        told = await engine.until(resources.SCHEDULES, "odd", lambda item: engines.phase(item) == "Enabled")
        assert not told["status"].get("validationErrors")

        await _schedule(engine, "later", "@every 1h", skipImmediately=True)
        told = await engine.until(resources.SCHEDULES, "later", lambda item: bool(item.get("status", {}).get("lastSkipped")))
        assert told["spec"]["skipImmediately"] is False
        assert datetime.now(UTC) - datetime.fromisoformat(told["status"]["lastSkipped"]) < timedelta(minutes=5)
        assert not await _backups(engine, "later")


async def test_a_name_without_room_for_the_time_is_said(host: Client, s3: S3Server) -> None:
    """Such a Schedule could never make a Backup."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        await _schedule(engine, "s" * 239, "@every 1s")
        told = await engine.until(resources.SCHEDULES, "s" * 239, lambda item: engines.phase(item) == "FailedValidation")
        assert "at most 238 characters" in told["status"]["validationErrors"][0]
        await _schedule(engine, "s" * 238, "@every 1s")
        await engine.until(resources.SCHEDULES, "s" * 238, lambda item: bool(item.get("status", {}).get("lastBackup")))


async def test_a_backup_that_is_refused_is_told_of_once(host: Client, s3: S3Server) -> None:
    """As an Event of the Schedule; nothing else of it would tell. When the reason is gone, the Backup is made."""
    async with engines.station(host, s3) as engine:
        await engine.stop()
        kind, template = resources.SCHEDULES, {"metadata": {"labels": {"team": "not a label!"}}}
        made = await _schedule(engine, "odd", "@every 1s", template=template)
        late = datetime.fromisoformat(made["metadata"]["creationTimestamp"]) + timedelta(hours=1)
        times = iter(late + timedelta(seconds=number) for number in range(100))
        steps = Schedules(host, clock=lambda: next(times))
        for _ in range(3):
            assert await steps.step(engine.namespace, "odd")
        (event,) = await host.list_all(
            resources.EVENTS, namespace=engine.namespace, field_selector=f"involvedObject.uid={made['metadata']['uid']}"
        )
        assert (event["type"], event["reason"], event["involvedObject"]["kind"]) == ("Warning", "BackupRefused", "Schedule")
        assert "not a label!" in event["message"]
        right = {"spec": {"template": {"metadata": {"labels": {"team": "a"}}}}}
        await host.patch(kind, "odd", right, namespace=engine.namespace)
        await steps.step(engine.namespace, "odd")
        assert len(await _backups(engine, "odd")) == 1
