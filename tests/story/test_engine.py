"""Stories of the engine: Backups and Restores on a real API server with a real bucket, told by what a user sees."""

import asyncio
import io
import tarfile
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from isal import igzip

from kit import engines, planes
from kit.s3 import S3Server
from mtc.api import base, names
from mtc.engine import layout, results, storage_locations
from mtc.kube import codec, resources
from mtc.kube.client import Client
from mtc.store import Location

SAMPLE = Path(__file__).parents[1] / "data" / "velero-1.18.0"


async def test_a_namespace_comes_back_under_another_name(host: Client, s3: S3Server) -> None:
    """What a backup stores, a restore with a namespace mapping makes again, object for object, and both say so in numbers."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        await planes.make_namespace(host, f"{engine.namespace}-app")
        await engines.fill(host, f"{engine.namespace}-app", 60)
        backup = await engine.backup("one", includedNamespaces=[f"{engine.namespace}-app"], ttl="0s")
        assert engines.phase(backup) == "Completed", backup["status"]
        assert backup["status"]["progress"]["itemsBackedUp"] == backup["status"]["progress"]["totalItems"] >= 61
        assert backup["spec"]["storageLocation"] == "default"
        assert backup["spec"]["ttl"] == "720h0m0s", "nobody chose a time to live"
        restore = await engine.restore("back", backupName="one", namespaceMapping={f"{engine.namespace}-app": f"{engine.namespace}-copy"})
        assert engines.phase(restore) == "Completed", restore["status"]
        source = await engines.config_maps(host, f"{engine.namespace}-app")
        assert len(source) == 60
        assert await engines.config_maps(host, f"{engine.namespace}-copy") == source
        item = await host.get(resources.CONFIG_MAPS, "item-7", namespace=f"{engine.namespace}-copy")
        assert item["metadata"]["labels"] == {"velero.io/backup-name": "one", "velero.io/restore-name": "back"}


async def test_the_bucket_has_veleros_files(host: Client, s3: S3Server) -> None:
    """Every file that Velero's tools ask for is there, and the archive holds each object under both of its paths."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        await planes.make_namespace(host, f"{engine.namespace}-app")
        await engines.fill(host, f"{engine.namespace}-app", 3)
        await engine.backup("files", includedNamespaces=[f"{engine.namespace}-app"])
        keys = [key async for key in engine.bucket.keys("backups/files/")]
        ours = {key.removeprefix("backups/files/").replace("files", "sample") for key in keys}
        theirs = {path.name for path in (SAMPLE / "backups" / "sample").iterdir()} | {"sample-logs.gz"}
        assert ours == theirs
        data = igzip.decompress(await engine.bucket.get("backups/files/files.tar.gz"))
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            names = archive.getnames()
        assert names[0] == "metadata/version"
        for folder in ("resources/configmaps", "resources/configmaps/v1-preferredversion"):
            assert f"{folder}/namespaces/{engine.namespace}-app/item-1.json" in names
        listing = results.unpacked(await engine.bucket.get("backups/files/files-resource-list.json.gz"))
        assert f"{engine.namespace}-app/item-2" in listing["v1/ConfigMap"]


async def test_a_bucket_of_real_velero_is_restored(host: Client, s3: S3Server) -> None:
    """A backup that Velero 1.18 wrote appears by itself and is restored whole: custom resources with their definition too."""
    async with engines.station(host, s3) as engine:
        for path in (SAMPLE / "backups" / "sample").iterdir():
            await engine.bucket.put(f"backups/sample/{path.name}", path.read_bytes())
        await engine.locate()
        await engine.until(resources.BACKUPS, "sample", lambda item: engines.phase(item) == "Completed")
        restore = await engine.restore("theirs", backupName="sample", namespaceMapping={"sample": f"{engine.namespace}-theirs"})
        assert engines.phase(restore) == "Completed", restore["status"]
        target = f"{engine.namespace}-theirs"
        settings = await host.get(resources.CONFIG_MAPS, "settings", namespace=target)
        assert settings["data"] == {"colour": "blue", "unicode": "設定 ✓"}
        assert settings["binaryData"] == {"bytes": "AAECAwQ="}
        widget = resources.ResourceType("sample.test", "v1", "widgets", "Widget")
        assert (await host.get(widget, "one", namespace=target))["spec"] == {"size": 3}
        assert (await host.get(resources.DEPLOYMENTS, "web", namespace=target))["spec"]["replicas"] == 2
        service = await host.get(resources.SERVICES, "web", namespace=target)
        assert service["spec"]["selector"] == {"app": "web"}
        binding = await host.get(resources.CLUSTER_ROLE_BINDINGS, "sample-reader")
        assert binding["subjects"][0]["namespace"] == target


async def test_an_interrupted_backup_is_finished(host: Client, s3: S3Server) -> None:
    """An engine that dies while a backup runs leaves nothing that the next one does not finish."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        await planes.make_namespace(host, f"{engine.namespace}-app")
        await engines.fill(host, f"{engine.namespace}-app", 40)
        await engine.make(resources.BACKUPS, "cut", spec={"includedNamespaces": [f"{engine.namespace}-app"]})
        await engine.until(resources.BACKUPS, "cut", lambda item: engines.phase(item) == "InProgress")
        await engine.stop()
        engine.start()
        backup = await engine.ended(resources.BACKUPS, "cut")
        assert engines.phase(backup) == "Completed", backup["status"]
        listing = results.unpacked(await engine.bucket.get("backups/cut/cut-resource-list.json.gz"))
        assert len([name for name in listing["v1/ConfigMap"] if "/item-" in name]) == 40


async def test_an_interrupted_restore_goes_on(host: Client, s3: S3Server) -> None:
    """Objects that the first run made count as made by the restore; the rest is made; nothing is reported twice."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        await planes.make_namespace(host, f"{engine.namespace}-app")
        await engines.fill(host, f"{engine.namespace}-app", 400)
        await engine.backup("much", includedNamespaces=[f"{engine.namespace}-app"])
        target = f"{engine.namespace}-again"
        await engine.make(resources.RESTORES, "cut", spec={"backupName": "much", "namespaceMapping": {f"{engine.namespace}-app": target}})
        world = planes.World(host, host, target)
        await world.until_list(resources.CONFIG_MAPS, lambda found: len(found) > 20, cluster=host)
        await engine.stop()
        engine.start()
        restore = await engine.ended(resources.RESTORES, "cut")
        assert engines.phase(restore) == "Completed", restore["status"]
        assert await engines.config_maps(host, target) == await engines.config_maps(host, f"{engine.namespace}-app")
        listing = results.unpacked(await engine.bucket.get(layout.RestoreFiles("cut").part("resource-list.json.gz")))
        made = [line for line in listing["v1/ConfigMap"] if "/item-" in line]
        assert len(made) == 400
        assert all(line.endswith("(created)") for line in made)


async def test_existing_objects_are_left_or_updated_as_the_policy_says(host: Client, s3: S3Server) -> None:
    """Without a policy a changed object stays and a warning names it; with `update` it becomes as it was."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        app = f"{engine.namespace}-app"
        await planes.make_namespace(host, app)
        await engines.fill(host, app, 5)
        await engine.backup("before", includedNamespaces=[app])
        await host.patch(resources.CONFIG_MAPS, "item-1", {"data": {"number": "changed", "more": "new"}}, namespace=app)
        await host.delete(resources.CONFIG_MAPS, "item-2", namespace=app)
        kept = await engine.restore("keep", backupName="before")
        assert kept["status"]["warnings"] == 1
        found = results.unpacked(await engine.bucket.get(layout.RestoreFiles("keep").part("results.gz")))
        assert f"ConfigMap {app}/item-1" in found["warnings"]["namespaces"][app][0]
        assert (await engines.config_maps(host, app))["item-1"]["number"] == "changed"
        assert (await engines.config_maps(host, app))["item-2"]["number"] == "2"
        updated = await engine.restore("update", backupName="before", existingResourcePolicy="update")
        assert engines.phase(updated) == "Completed", updated["status"]
        assert (await engines.config_maps(host, app))["item-1"] == {"number": "1", "text": "設定 ✓ <&>"}


async def test_filters_choose_what_is_stored(host: Client, s3: S3Server) -> None:
    """Labels, resource lists and cluster resources select as the fields say."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        app = f"{engine.namespace}-app"
        await planes.make_namespace(host, app)
        await engines.fill(host, app, 4)
        await host.patch(resources.CONFIG_MAPS, "item-3", {"metadata": {"labels": {"tier": "gold"}}}, namespace=app)
        secret = {"metadata": {"name": "word", "namespace": app, "labels": {"tier": "gold"}}, "stringData": {"k": "v"}}
        await host.create(resources.SECRETS, secret)
        await engine.backup("gold", includedNamespaces=[app], labelSelector={"matchLabels": {"tier": "gold"}})
        gold = results.unpacked(await engine.bucket.get("backups/gold/gold-resource-list.json.gz"))
        assert gold == {"v1/ConfigMap": [f"{app}/item-3"], "v1/Namespace": [app], "v1/Secret": [f"{app}/word"]}
        await engine.backup("maps", includedNamespaces=[app], includedResources=["cm"], includeClusterResources=False)
        maps = results.unpacked(await engine.bucket.get("backups/maps/maps-resource-list.json.gz"))
        assert set(maps) == {"v1/ConfigMap", "v1/Namespace"}
        await engine.backup("roles", includedNamespaces=[app], includedResources=["clusterroles"], includeClusterResources=True)
        roles = results.unpacked(await engine.bucket.get("backups/roles/roles-resource-list.json.gz"))
        assert "cluster-admin" in roles["rbac.authorization.k8s.io/v1/ClusterRole"]


@pytest.mark.parametrize(
    ("kind", "spec", "words"),
    [
        (resources.BACKUPS, {"includedNamespaces": ["*", "a"]}, "'*' alone"),
        (resources.BACKUPS, {"includedNamespaces": ["[odd1"]}, "'[odd1' in the list of namespaces"),
        (resources.RESTORES, {"backupName": "absent", "excludedNamespaces": ["Odd"]}, "'Odd' in the list of namespaces"),
        (resources.BACKUPS, {"storageLocation": "nowhere"}, "BackupStorageLocation"),
        (resources.BACKUPS, {"includedResources": ["pods"], "includedNamespaceScopedResources": ["pods"]}, "either the old or the scoped"),
        (resources.BACKUPS, {"hooks": {"resources": [{"name": "freeze"}]}}, "spec.hooks"),
        (resources.BACKUPS, {"resourcePolicy": {"kind": "configmap", "name": "skip"}}, "spec.resourcePolicy"),
        (resources.RESTORES, {"backupName": "absent", "resourceModifier": {"kind": "ConfigMap", "name": "rules"}}, "spec.resourceModifier"),
        (resources.RESTORES, {"backupName": "absent"}, "does not exist"),
        (resources.RESTORES, {"backupName": "x", "scheduleName": "y"}, "not both"),
        (resources.RESTORES, {"backupName": "absent", "includedResources": ["nodes"]}, "never restored"),
    ],
)
async def test_what_cannot_be_done_is_refused_in_words(
    host: Client, s3: S3Server, kind: resources.ResourceType, spec: dict[str, object], words: str
) -> None:
    """A CR that asks for something impossible ends as FailedValidation, saying what; nothing is written."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        await engine.until(resources.BACKUP_STORAGE_LOCATIONS, "default", lambda item: engines.phase(item) == "Available")
        await engine.make(kind, "bad", spec=spec)
        ended = await engine.ended(kind, "bad")
        assert engines.phase(ended) == "FailedValidation"
        assert any(words in problem for problem in ended["status"]["validationErrors"]), ended["status"]
        assert [key async for key in engine.bucket.keys("backups/")] == []


async def test_a_wrong_credential_is_told_and_cured_without_a_restart(host: Client, s3: S3Server) -> None:
    """The location says that access is denied, never the secret, refuses backups, and works once the Secret is right."""
    wrong = "not-the-secret-at-all"
    async with engines.station(host, s3) as engine:
        await engine.locate(secret=wrong)
        kind = resources.BACKUP_STORAGE_LOCATIONS
        told = await engine.until(kind, "default", lambda item: engines.phase(item) == "Unavailable")
        assert "denied" in told["status"]["message"]
        assert wrong not in str(told["status"])
        refused = await engine.backup("no", includedNamespaces=["default"])
        assert engines.phase(refused) == "FailedValidation"
        cloud = {"stringData": {"cloud": engine.location.credential.decode() if engine.location.credential else ""}}
        await host.patch(resources.SECRETS, "default-cloud", cloud, namespace=engine.namespace)
        await engine.until(kind, "default", lambda item: engines.phase(item) == "Available")
        assert engines.phase(await engine.backup("yes", includedNamespaces=[engine.namespace])) == "Completed"


async def test_requests_are_answered(host: Client, s3: S3Server) -> None:
    """A DownloadRequest gets a URL that works, a ServerStatusRequest its answer, a DeleteBackupRequest removes every trace."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        app = f"{engine.namespace}-app"
        await planes.make_namespace(host, app)
        await engines.fill(host, app, 2)
        await engine.backup("one", includedNamespaces=[app])
        await engine.restore("r", backupName="one")
        await engine.make(resources.DOWNLOAD_REQUESTS, "log", spec={"target": {"kind": "BackupLog", "name": "one"}})
        answer = await engine.until(resources.DOWNLOAD_REQUESTS, "log", lambda item: engines.phase(item) == "Processed")
        data = await asyncio.to_thread(lambda: urllib.request.urlopen(answer["status"]["downloadURL"], timeout=10).read())
        assert b"objects collected" in igzip.decompress(data)
        await engine.make(resources.SERVER_STATUS_REQUESTS, "status", spec={})
        status = await engine.until(resources.SERVER_STATUS_REQUESTS, "status", lambda item: engines.phase(item) == "Processed")
        assert any(plugin["name"] == "velero.io/pod" for plugin in status["status"]["plugins"])
        await engine.make(resources.DELETE_BACKUP_REQUESTS, "bye", spec={"backupName": "one"})
        await engines.until_gone(host, resources.BACKUPS, ["one"], namespace=engine.namespace)
        await engines.until_gone(host, resources.RESTORES, ["r"], namespace=engine.namespace)
        assert [key async for key in engine.bucket.keys("")] == []


async def test_a_copy_goes_when_another_cluster_deletes_its_backup(host: Client, remote: Client, s3: S3Server) -> None:
    """Even where the bucket goes on listing the folder, and while the copies of other Backups stay."""
    names = [f"backup-{number}" for number in range(8)]
    async with engines.station(host, s3) as ours, engines.station(remote, SameBucket(ours.location)) as theirs:
        await ours.locate()
        await theirs.locate()
        for name in names:
            await ours.backup(name, includedNamespaces=[ours.namespace])
        for name in names:
            await theirs.ended(resources.BACKUPS, name)
        await ours.make(resources.DELETE_BACKUP_REQUESTS, "bye", spec={"backupName": "backup-3"})
        await engines.until_gone(host, resources.BACKUPS, ["backup-3"], namespace=ours.namespace)
        # What servers do that keep folders as such.
        await ours.bucket.put("backups/backup-3/left/of-a-folder", b"")
        location = await remote.get(resources.BACKUP_STORAGE_LOCATIONS, "default", namespace=theirs.namespace)
        await storage_locations.request_sync(remote, location, "deleted")
        await engines.until_gone(remote, resources.BACKUPS, ["backup-3"], namespace=theirs.namespace)
        left = await remote.list_all(resources.BACKUPS, namespace=theirs.namespace)
    assert sorted(item["metadata"]["name"] for item in left) == [name for name in names if name != "backup-3"]


async def test_a_name_that_is_taken_keeps_the_others_backup_whole(host: Client, remote: Client, s3: S3Server) -> None:
    """Two clusters call their Backups alike: the later one fails, and deleting it leaves the files of the first where they are."""
    async with engines.station(host, s3) as ours, engines.station(remote, SameBucket(ours.location)) as theirs:
        await ours.locate()
        await theirs.locate()
        await theirs.stop()
        made = await theirs.make(resources.BACKUPS, "daily", spec={"includedNamespaces": [theirs.namespace]})
        await ours.backup("daily", includedNamespaces=[ours.namespace])
        files = sorted([key async for key in ours.bucket.keys("backups/daily/")])
        theirs.start()
        refused = await theirs.ended(resources.BACKUPS, "daily")
        assert engines.phase(refused) == "Failed"
        assert "already has a backup named daily" in refused["status"]["failureReason"]
        assert "expiration" not in refused["status"], "nothing is to delete by it"
        await theirs.make(resources.DELETE_BACKUP_REQUESTS, "bye", spec={"backupName": "daily"})
        copy = await theirs.until(
            resources.BACKUPS,
            "daily",
            lambda item: item["metadata"]["uid"] != made["metadata"]["uid"] and engines.phase(item) == "Completed",
        )
        assert sorted([key async for key in ours.bucket.keys("backups/daily/")]) == files
        assert engines.phase(await ours.restore("back", backupName="daily")) == "Completed"
        # A copy stands for the files: who deletes it means them.
        await theirs.make(resources.DELETE_BACKUP_REQUESTS, "all", spec={"backupName": copy["metadata"]["name"]})
        await engines.until_gone(remote, resources.BACKUPS, ["daily"], namespace=theirs.namespace)
        assert [key async for key in ours.bucket.keys("backups/")] == []


async def test_two_that_write_under_one_name_do_not_mix(host: Client, s3: S3Server) -> None:
    """While another cluster writes a backup, one of the same name fails and leaves what is there."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        mark = layout.BackupFiles("daily").mark
        await engine.bucket.put(mark, codec.dumps({"uid": "another", "since": base.format_time(datetime.now(UTC))}))
        refused = await engine.backup("daily", includedNamespaces=[engine.namespace])
        assert engines.phase(refused) == "Failed"
        assert "by another cluster perhaps" in refused["status"]["failureReason"]
        assert [key async for key in engine.bucket.keys("backups/")] == [mark]
        await engine.bucket.put(mark, codec.dumps({"uid": "another", "since": "2026-01-01T00:00:00Z"}))
        await engine.make(resources.BACKUPS, "again", spec={"includedNamespaces": [engine.namespace]})
        await engine.ended(resources.BACKUPS, "again")
        old = layout.BackupFiles("again").mark
        assert old not in [key async for key in engine.bucket.keys("backups/")], "it goes with the end of the run"


async def test_a_deletion_that_fails_gives_the_backup_back(host: Client, s3: S3Server) -> None:
    """Where the snapshots of its volumes cannot be forgotten the Backup is what it was, can be restored, and deleted later."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        await engine.backup("one", includedNamespaces=[engine.namespace])
        copy = {"spec": {"pod": {"namespace": "gone"}, "uploaderType": "restic"}, "status": {"snapshotID": "0123abcd"}}
        part = layout.BackupFiles("one").part("podvolumebackups.json.gz")
        whole = await engine.bucket.get(part)
        await engine.bucket.put(part, results.packed([copy]))
        await engine.make(resources.DELETE_BACKUP_REQUESTS, "bye", spec={"backupName": "one"})
        request = await engine.until(resources.DELETE_BACKUP_REQUESTS, "bye", lambda item: engines.phase(item) == "Processed")
        assert request["status"]["errors"]
        backup = await host.get(resources.BACKUPS, "one", namespace=engine.namespace)
        assert engines.phase(backup) == "Completed"
        await engine.bucket.put(part, whole)
        assert engines.phase(await engine.restore("back", backupName="one")) == "Completed"
        await engine.make(resources.DELETE_BACKUP_REQUESTS, "again", spec={"backupName": "one"})
        await engines.until_gone(host, resources.BACKUPS, ["one"], namespace=engine.namespace)


async def test_a_deletion_does_not_take_a_later_backup_of_the_same_name(host: Client, s3: S3Server) -> None:
    """A request says which one it means; its Backup may be gone by the time an engine comes to it."""
    async with engines.station(host, s3) as engine:
        await engine.locate()
        await engine.backup("one", includedNamespaces=[engine.namespace])
        meta = {"name": "late", "namespace": engine.namespace, "labels": {names.BACKUP_UID: "of-an-earlier-one"}}
        await engine.make(resources.DELETE_BACKUP_REQUESTS, "late", spec={"backupName": "one"}, metadata=meta)
        request = await engine.until(resources.DELETE_BACKUP_REQUESTS, "late", lambda item: engines.phase(item) == "Processed")
        assert "another one" in request["status"]["errors"][0]
        assert engines.phase(await engine.restore("back", backupName="one")) == "Completed"


@dataclass(frozen=True)
class SameBucket:
    """A server that gives everybody the same bucket."""

    shared: Location

    def location(self) -> Location:
        """The bucket."""
        return self.shared
