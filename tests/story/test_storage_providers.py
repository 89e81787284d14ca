"""Given storage of each cloud, when it is declared and used, then conditions, locations, backups and restores are as with S3.

Azure's is Azurite; for Google's see `kit.gcs`.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest

from kit import azurite, engines, gcs, leaks, planes
from kit.planes import World
from kit.s3 import S3Server
from mtc import store
from mtc.api import conditions
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import plan_storage

pytestmark = pytest.mark.anyio

Server: TypeAlias = azurite.AzureServer | gcs.GcsServer


@dataclass(frozen=True)
class Cloud:
    """How a person declares the storage of a cloud.

    Attributes:
        provider: its name.
        server: what answers.
        key: of the Secret.
        bucket: field of the bucket.
        config: all other fields.
        location: `spec.config` that a location must have.
    """

    provider: str
    server: Server
    key: str
    bucket: str
    config: dict[str, str]
    location: dict[str, str]

    def secret(self, credential: bytes | None) -> dict[str, str]:
        """The data of the Secret that a person makes."""
        return {self.key: base64.b64encode(credential or b"").decode()}

    async def declare(self, world: World, place: store.Location, *, credential: bytes | None) -> None:
        """MigStorage `repo` with its Secret."""
        await world.make(resources.SECRETS, "repo-creds", data=self.secret(credential))
        config = {**self.config, self.bucket: place.bucket, "credsSecretRef": world.reference("repo-creds")}
        await world.make(resources.MIG_STORAGES, "repo", spec={"backupStorageProvider": self.provider, "backupStorageConfig": config})


@pytest.fixture(scope="module", name="azure")
def azure_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[azurite.AzureServer]:
    """Azure's storage."""
    with azurite.azure_server(tmp_path_factory.mktemp("azure")) as server:
        yield server


@pytest.fixture(scope="module", name="gcp")
def gcs_server(s3: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[gcs.GcsServer]:
    """Google's storage."""
    with gcs.gcs_server(s3, tmp_path_factory.mktemp("gcs")) as server:
        yield server


@pytest.fixture(params=["azure", "gcp"])
def cloud(request: pytest.FixtureRequest) -> Cloud:
    """Each cloud."""
    server: Server = request.getfixturevalue(request.param)
    if isinstance(server, azurite.AzureServer):
        config = {"azureStorageAccount": azurite.ACCOUNT, "azureResourceGroup": "group", "azureStorageAccountURI": server.url}
        location = {
            "resourceGroup": "group",
            "storageAccount": azurite.ACCOUNT,
            "subscriptionId": "",
            "storageAccountKeyEnvVar": "AZURE_STORAGE_ACCOUNT_ACCESS_KEY",
            "storageAccountURI": server.url,
        }
        return Cloud("azure", server, "azure-credentials", "azureStorageContainer", config, location)
    return Cloud("gcp", server, "gcp-credentials", "gcpBucket", {"gcpStoreEndpoint": server.url}, {"storeEndpoint": server.url})


def message(item: Object) -> str:
    """What the condition of the probe says."""
    text: str = planes.found(item)[conditions.BACKUP_STORAGE_PROVIDER_TEST_FAILED]["message"]
    return text


async def test_what_is_wrong_with_a_storage_is_told_and_forgotten_when_it_is_right(host: Client, remote: Client, cloud: Cloud) -> None:
    """A wrong key and an absent bucket are told by the probe, a Secret that cannot work by its check; each heals by itself."""
    place = cloud.server.location()
    wrong = cloud.server.denied(place).credential or b""
    failed = planes.shows(conditions.BACKUP_STORAGE_PROVIDER_TEST_FAILED)
    async with planes.installation(host, remote) as world:
        await cloud.declare(world, place, credential=wrong)
        item = await world.until(resources.MIG_STORAGES, "repo", failed)
        assert "access is denied" in message(item)
        assert not leaks.search(json.dumps(item), "the MigStorage", dict.fromkeys(secrets_of(wrong), "the wrong key"))
        await host.patch(resources.SECRETS, "repo-creds", {"data": cloud.secret(place.credential)}, namespace=world.namespace)
        item = await world.until(resources.MIG_STORAGES, "repo", planes.is_ready)
        assert set(planes.found(item)) == {conditions.READY}
        assert [key async for key in store.open_location(place).keys("")] == [], "the probe has left something"
        await change(world, {cloud.bucket: "absent"})
        item = await world.until(resources.MIG_STORAGES, "repo", failed)
        assert "absent" in message(item)
        assert "does not exist" in message(item)
        await change(world, {cloud.bucket: place.bucket})
        await world.until(resources.MIG_STORAGES, "repo", planes.is_ready)
        await host.patch(resources.SECRETS, "repo-creds", {"data": cloud.secret(b"neither lines nor JSON")}, namespace=world.namespace)
        item = await world.until(resources.MIG_STORAGES, "repo", planes.shows(conditions.INVALID_BACKUP_STORAGE_SETTINGS))
        assert cloud.key in json.dumps(planes.found(item)[conditions.INVALID_BACKUP_STORAGE_SETTINGS])
        await host.patch(resources.SECRETS, "repo-creds", {"data": cloud.secret(place.credential)}, namespace=world.namespace)
        await world.until(resources.MIG_STORAGES, "repo", planes.is_ready)


async def change(world: World, config: dict[str, Any]) -> None:
    """Edits the MigStorage."""
    await world.host.patch(resources.MIG_STORAGES, "repo", {"spec": {"backupStorageConfig": config}}, namespace=world.namespace)


def secrets_of(credential: bytes) -> list[str]:
    """The words of a credential that nobody may read elsewhere."""
    text = credential.decode()
    if text.startswith("{"):
        return [json.loads(text)["private_key"].splitlines()[1]]
    return [text.splitlines()[0].split("=", 1)[1]]


async def test_a_plan_has_locations_of_its_own_on_both_clusters(host: Client, remote: Client, cloud: Cloud) -> None:
    """Locations have the settings that Velero's plug-in reads, and the Secret the file that it opens."""
    place = cloud.server.location()
    async with planes.installation(host, remote) as world:
        await planes.make_namespace(remote, f"{world.namespace}-app")
        await world.declare_clusters()
        await host.patch(resources.MIG_CLUSTERS, "remote", {"spec": {"azureResourceGroup": "of-remote"}}, namespace=world.namespace)
        await cloud.declare(world, place, credential=place.credential)
        snapshots = {"snapshotCreationTimeout": "10m", "azureApiTimeout": "2m"}
        await host.patch(resources.MIG_STORAGES, "repo", {"spec": {"volumeSnapshotConfig": snapshots}}, namespace=world.namespace)
        await world.declare_plan("plan", [f"{world.namespace}-app"])
        plan = await world.until(resources.MIG_PLANS, "plan", planes.is_ready)
        selector = plan_storage.selector(plan_storage.labels_of(plan["metadata"]["uid"]))
        for cluster in (host, remote):
            kinds = (resources.BACKUP_STORAGE_LOCATIONS, resources.VOLUME_SNAPSHOT_LOCATIONS, resources.SECRETS)
            found = [await cluster.list_all(kind, namespace=world.namespace, label_selector=selector) for kind in kinds]
            (backups,), (volumes,), (secret,) = found
            credential = {"name": secret["metadata"]["name"], "key": "cloud"}
            assert backups["spec"] == {
                "provider": cloud.provider,
                "objectStorage": {"bucket": place.bucket, "prefix": "velero"},
                "config": cloud.location,
                "credential": credential,
            }
            timeouts = {"snapshotCreationTimeout": "10m"} | ({"apiTimeout": "2m"} if cloud.provider == "azure" else {})
            assert volumes["spec"] == {"provider": cloud.provider, "config": timeouts, "credential": credential}
            content = base64.b64decode(secret["data"]["cloud"])
            if cloud.provider == "azure" and cluster is remote:
                assert content == (place.credential or b"") + b"AZURE_RESOURCE_GROUP=of-remote\n"
            else:
                assert content == place.credential


async def test_a_namespace_comes_back_from_the_storage_of_each_cloud(host: Client, cloud: Cloud) -> None:
    """The engine backs up, restores, signs links and deletes there; other people's backups are found in the bucket."""
    async with engines.station(host, cloud.server) as engine:
        app = f"{engine.namespace}-app"
        await engine.locate()
        await planes.make_namespace(host, app)
        await engines.fill(host, app, 60)
        backup = await engine.backup("one", includedNamespaces=[app])
        assert engines.phase(backup) == "Completed", backup["status"]
        restore = await engine.restore("back", backupName="one", namespaceMapping={app: f"{app}-copy"})
        assert engines.phase(restore) == "Completed", restore["status"]
        assert await engines.config_maps(host, f"{app}-copy") == await engines.config_maps(host, app)
        await engine.make(resources.DOWNLOAD_REQUESTS, "log", spec={"target": {"kind": "BackupLog", "name": "one"}})
        answer = await engine.until(resources.DOWNLOAD_REQUESTS, "log", lambda item: engines.phase(item) == "Processed")
        assert cloud.server.fetch(answer["status"]["downloadURL"])[:2] == b"\x1f\x8b", "the log is packed by gzip"
        await engine.make(resources.DELETE_BACKUP_REQUESTS, "bye", spec={"backupName": "one"})
        await engines.until_gone(host, resources.BACKUPS, ["one"], namespace=engine.namespace)
        await engines.until_gone(host, resources.RESTORES, ["back"], namespace=engine.namespace)
        assert [key async for key in engine.bucket.keys("")] == []


async def test_a_wrong_credential_of_a_location_is_told_and_cured(host: Client, cloud: Cloud) -> None:
    """The engine calls the location unavailable, says why, and takes it up again when the Secret is right."""
    async with engines.station(host, cloud.server) as engine:
        await engine.locate(credential=cloud.server.denied(engine.location).credential)
        kind = resources.BACKUP_STORAGE_LOCATIONS
        told = await engine.until(kind, "default", lambda item: engines.phase(item) == "Unavailable")
        assert "access is denied" in told["status"]["message"]
        right = {"data": {"cloud": base64.b64encode(engine.location.credential or b"").decode()}}
        await host.patch(resources.SECRETS, "default-cloud", right, namespace=engine.namespace)
        await engine.until(kind, "default", lambda item: engines.phase(item) == "Available")
