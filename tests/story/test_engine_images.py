"""Stories of images: what lies in the registry of a cluster goes through a migration registry into that of another cluster."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from kit import doors, engines, plain_registries, planes, streams
from kit.engines import Station
from kit.plain_registries import Registry
from kit.s3 import S3Server
from mtc.api import names
from mtc.engine import layout, results
from mtc.kube import access, resources
from mtc.kube.client import Client, Object

ELSEWHERE = f"registry.example/base/web@sha256:{'0' * 64}"


@dataclass(frozen=True)
class Registries:
    """The registries of two clusters, and a migration registry."""

    source: Registry
    target: Registry
    between: Registry


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Registries]:
    """All of them empty."""
    with (
        plain_registries.registry(tmp_path / "source") as source,
        plain_registries.registry(tmp_path / "target") as target,
        plain_registries.registry(tmp_path / "between") as between,
    ):
        yield Registries(source, target, between)


@asynccontextmanager
async def two_clusters(host: Client, remote: Client, s3: S3Server, of: Registries) -> AsyncIterator[tuple[Station, Station]]:
    """Engines in the source and the target of ImageStreams, with one bucket."""
    async with (
        streams.openshift(remote, of.source.host),
        streams.openshift(host, of.target.host),
        engines.station(remote, s3) as source,
        engines.station(host, s3) as target,
    ):
        target.location = source.location
        await source.locate()
        await target.locate()
        await planes.make_namespace(remote, f"{source.namespace}-app")
        yield source, target


def _meta(engine: Station, name: str, through: Registry | None) -> Object:
    return {"name": name, "namespace": engine.namespace, "annotations": {names.REGISTRY: through.host} if through else {}}


async def _backup(engine: Station, namespace: str, *, through: Registry | None) -> Object:
    await engine.make(resources.BACKUPS, "one", metadata=_meta(engine, "one", through), spec={"includedNamespaces": [namespace]})
    return await engine.ended(resources.BACKUPS, "one")


async def _restore(engine: Station, name: str, *, through: Registry | None, **spec: object) -> Object:
    await engine.until(resources.BACKUPS, "one", bool)
    await engine.make(resources.RESTORES, name, metadata=_meta(engine, name, through), spec={"backupName": "one", **spec})
    return await engine.ended(resources.RESTORES, name)


async def _errors(engine: Station, name: str, place: str, *, of_backup: bool = False) -> list[str]:
    files = layout.BackupFiles(name) if of_backup else layout.RestoreFiles(name)
    key = files.part("results.gz")
    return list(results.unpacked(await engine.bucket.get(key))["errors"].get("namespaces", {}).get(place, []))


async def test_images_of_a_cluster_arrive_in_the_registry_of_the_other(
    host: Client, remote: Client, s3: S3Server, three: Registries
) -> None:
    """With their history and their digests, into the namespace that they are mapped to; what is elsewhere stays there."""
    async with two_clusters(host, remote, s3, three) as (source, target):
        app, new = f"{source.namespace}-app", f"{source.namespace}-new"
        old, now = (plain_registries.push(three.source.host, f"{app}/web", text=text) for text in ("old", "now"))
        spec = {
            "lookupPolicy": {"local": True},
            "tags": [
                {"name": "latest", "from": {"kind": "ImageStreamTag", "name": "builder:1"}, "generation": 4},
                {"name": "base", "from": {"kind": "DockerImage", "name": "registry.example/base/web:1"}, "generation": 2},
            ],
        }
        tags = {"latest": [now, old], "stable": [old], "base": [ELSEWHERE]}
        notes = {"openshift.io/image.dockerRepositoryCheck": "2026-01-01T00:00:00Z", "mine": "yes"}
        await streams.make(remote, app, "web", three.source.host, tags, spec=spec, annotations=notes)
        backup = await _backup(source, app, through=three.between)
        assert engines.phase(backup) == "Completed", backup["status"]
        assert {digest: plain_registries.digest_of(three.between.host, f"{app}/web", digest) for digest in (old, now)} == {
            old: old,
            now: now,
        }

        restore = await _restore(target, "back", through=three.between, namespaceMapping={app: new})
        assert engines.phase(restore) == "Completed", await _errors(target, "back", new)
        arrived = {
            tag: plain_registries.digest_of(three.target.host, f"{new}/web", tag)
            for tag in plain_registries.tags_of(three.target.host, f"{new}/web")
        }
        assert arrived == {"latest": now, "stable": old}
        assert plain_registries.digest_of(three.target.host, f"{new}/web", old) == old
        stream = await host.get(resources.IMAGE_STREAMS, "web", namespace=new)
        assert stream["spec"]["lookupPolicy"] == {"local": True}
        assert stream["spec"]["tags"] == [{"name": "base", "from": spec["tags"][1]["from"]}]
        assert stream["metadata"]["annotations"] == {"mine": "yes"}
        assert "tags" not in (stream.get("status") or {})

        # A second one brings what is new since.
        again = await _restore(target, "again", through=three.between, namespaceMapping={app: new})
        assert engines.phase(again) == "Completed", await _errors(target, "again", new)


async def test_without_a_migration_registry_streams_travel_alone(host: Client, remote: Client, s3: S3Server, three: Registries) -> None:
    """That is how backups of others, and migrations that leave images where they are, ask for it."""
    async with two_clusters(host, remote, s3, three) as (source, target):
        app = f"{source.namespace}-app"
        digest = plain_registries.push(three.source.host, f"{app}/web", text="now")
        spec = {"tags": [{"name": "latest", "from": {"kind": "DockerImage", "name": "registry.example/web:1"}}]}
        await streams.make(remote, app, "web", three.source.host, {"latest": [digest]}, spec=spec)
        assert engines.phase(await _backup(source, app, through=None)) == "Completed"
        restore = await _restore(target, "back", through=three.between)
        assert engines.phase(restore) == "Completed", await _errors(target, "back", app)
        assert plain_registries.tags_of(three.between.host, f"{app}/web") == []
        assert plain_registries.tags_of(three.target.host, f"{app}/web") == []
        assert (await host.get(resources.IMAGE_STREAMS, "web", namespace=app))["spec"] == spec


async def test_an_image_that_does_not_come_along_is_named_on_both_ways(
    host: Client, remote: Client, s3: S3Server, three: Registries
) -> None:
    """The others do, and neither Backup nor Restore says that all is well."""
    async with two_clusters(host, remote, s3, three) as (source, target):
        app = f"{source.namespace}-app"
        digest, gone = plain_registries.push(three.source.host, f"{app}/web", text="now"), f"sha256:{'7' * 64}"
        await streams.make(remote, app, "web", three.source.host, {"lost": [gone], "kept": [digest]})
        backup = await _backup(source, app, through=three.between)
        assert engines.phase(backup) == "PartiallyFailed"
        (told,) = await _errors(source, "one", app, of_backup=True)
        assert f"ImageStream {app}/web, tag lost, on cluster remote: Image {three.source.host}/{app}/web@{gone} was not copied" in told
        restore = await _restore(target, "back", through=three.between)
        assert engines.phase(restore) == "PartiallyFailed"
        (told,) = await _errors(target, "back", app)
        assert f"ImageStream {app}/web on cluster host, tag lost" in told
        assert plain_registries.tags_of(three.target.host, f"{app}/web") == ["kept"]


async def test_a_cluster_without_a_registry_says_that_images_have_no_place(
    host: Client, remote: Client, s3: S3Server, three: Registries
) -> None:
    """The streams are there, so whoever sets a registry up pushes into them."""
    async with two_clusters(host, remote, s3, three) as (source, target):
        app = f"{source.namespace}-app"
        digest = plain_registries.push(three.source.host, f"{app}/web", text="now")
        await streams.make(remote, app, "web", three.source.host, {"latest": [digest]})
        assert engines.phase(await _backup(source, app, through=three.between)) == "Completed"
        await host.patch(resources.CONFIG_MAPS, "config", {"data": {"config.yaml": "{}"}}, namespace="openshift-apiserver")
        assert engines.phase(await _restore(target, "back", through=three.between)) == "PartiallyFailed"
        (told,) = await _errors(target, "back", app)
        assert f"ImageStream {app}/web on cluster host is without its images: the cluster has no image registry of its own" in told


async def test_the_registry_of_a_cluster_sees_the_token_of_the_engine(host: Client, s3: S3Server, three: Registries) -> None:
    """From one namespace to another of one cluster; nobody else sees the token."""
    await planes.make_namespace(host, "engine-with-token")
    token = await planes.token(host, "engine-with-token", "engine", may="cluster-admin")
    way = access.from_token(host.access.server, token, insecure=True)
    async with (
        Client(way, name="host") as client,
        doors.door(lambda _: three.source.host, login=("ignored", token)) as own,
        streams.openshift(host, own),
        engines.station(client, s3) as engine,
    ):
        await engine.locate()
        app = f"{engine.namespace}-app"
        await planes.make_namespace(host, app)
        digest = plain_registries.push(three.source.host, f"{app}/web", text="now")
        await streams.make(host, app, "web", own, {"latest": [digest]})
        assert engines.phase(await _backup(engine, app, through=three.between)) == "Completed"
        restore = await _restore(engine, "back", through=three.between, namespaceMapping={app: f"{app}-new"})
        assert engines.phase(restore) == "Completed", await _errors(engine, "back", f"{app}-new")
        assert plain_registries.digest_of(three.source.host, f"{app}-new/web", "latest") == digest
