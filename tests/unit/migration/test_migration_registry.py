"""The parts of a migration registry for each provider, and what its pod's status says of its health."""

import base64
from typing import Any

import pytest

from kit import pieces
from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migmigration import MigMigrationStatus
from mtc.api.migration.migstorage import BackupStorageConfig
from mtc.api.settings.model import ClusterSettings, Settings
from mtc.kube import errors
from mtc.kube.client import Client, Object
from mtc.migration import flags, images, itineraries, providers
from mtc.migration.migration_registry import build, health, work
from mtc.migration.providers import RegistryStorage
from mtc.migration.registry_watch import look_again
from mtc.store import errors as store_errors

AWS, AZURE, GCP = (providers.known()[name] for name in ("aws", "azure", "gcp"))
AWS_KEYS = {"aws-access-key-id": b"id", "aws-secret-access-key": b"word\n"}
CA = base64.b64encode(b"pem").decode()


async def storage(provider: providers.Provider, keys: dict[str, bytes], **fields: Any) -> RegistryStorage:
    """How a registry keeps images with a provider."""
    return await provider.registry(BackupStorageConfig.model_validate(fields), keys, build.folder("repo", "uid"))


def settings(**fields: Any) -> ClusterSettings:
    """Of a cluster."""
    return ClusterSettings(registry_image="registry:2", **fields)


def wanted(found: RegistryStorage, **fields: Any) -> build.Wanted:
    """What a registry has to be like."""
    return build.Wanted(namespace="mtc", plan_uid="p", storage=found, settings=settings(), **fields)


def variables(deployment: Object) -> dict[str, Any]:
    """Its environment; a key of its Secret as a list."""
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return {
        entry["name"]: entry["value"] if "value" in entry else [*entry["valueFrom"]["secretKeyRef"].values()] for entry in container["env"]
    }


async def test_s3_with_everything_that_can_be_set() -> None:
    """Secrets stand in the Secret alone, and the authority is a file that programs in Go trust."""
    found = await storage(
        AWS, AWS_KEYS, awsBucketName="b", awsS3Url="https://minio", awsRegion="eu", insecure=True, s3CustomCABundle=CA,
        awsSignatureVersion="1", awsKmsKeyId="kms",
    )  # fmt: skip
    deployment = build.deployment(wanted(found), "registry-p-x", version="7")
    assert variables(deployment) == {
        "REGISTRY_STORAGE": "s3",
        "REGISTRY_STORAGE_S3_BUCKET": "b",
        "REGISTRY_STORAGE_S3_REGION": "eu",
        "REGISTRY_STORAGE_S3_ROOTDIRECTORY": "/repo-registry-uid",
        "REGISTRY_STORAGE_S3_SKIPVERIFY": "true",
        "REGISTRY_STORAGE_S3_FORCEPATHSTYLE": "true",
        "REGISTRY_STORAGE_S3_REGIONENDPOINT": "https://minio",
        "REGISTRY_STORAGE_S3_V4AUTH": "false",
        "REGISTRY_STORAGE_S3_ENCRYPT": "true",
        "REGISTRY_STORAGE_S3_KEYID": "kms",
        "REGISTRY_STORAGE_REDIRECT_DISABLE": "true",
        "REGISTRY_STORAGE_S3_ACCESSKEY": ["registry-p-x", "access_key"],
        "REGISTRY_STORAGE_S3_SECRETKEY": ["registry-p-x", "secret_key"],
    }
    assert build.secret_data(wanted(found)) == {
        key: base64.b64encode(value).decode()
        for key, value in {"access_key": b"id", "secret_key": b"word", "ca_bundle.pem": b"pem"}.items()
    }
    pod = deployment["spec"]["template"]["spec"]
    mounts = {mount["mountPath"]: mount.get("subPath") for mount in pod["containers"][0]["volumeMounts"]}
    assert mounts == {"/var/lib/registry": None, "/etc/ssl/certs/ca_bundle.pem": "ca_bundle.pem"}
    assert pod["volumes"][1]["secret"] == {"secretName": "registry-p-x", "items": [{"key": "ca_bundle.pem", "path": "ca_bundle.pem"}]}


async def test_aws_itself_needs_no_more_than_a_bucket() -> None:
    """No endpoint, no authority, no file."""
    found = await storage(AWS, AWS_KEYS, awsBucketName="b")
    assert found.env["REGISTRY_STORAGE_S3_REGION"] == "us-east-1"
    assert found.env["REGISTRY_STORAGE_S3_FORCEPATHSTYLE"] == "false"
    assert "REGISTRY_STORAGE_S3_REGIONENDPOINT" not in found.env
    assert found.files == {}


async def test_google_reads_its_account_from_a_file() -> None:
    """The one that the variable names."""
    found = await storage(GCP, {"gcp-credentials": b"{}"}, gcpBucket="b")
    assert found.env == {
        "REGISTRY_STORAGE": "gcs",
        "REGISTRY_STORAGE_GCS_BUCKET": "b",
        "REGISTRY_STORAGE_GCS_ROOTDIRECTORY": "/repo-registry-uid",
        "REGISTRY_STORAGE_GCS_KEYFILE": "/credentials/cloud",
    }
    mounts = build.deployment(wanted(found), "n", version="1")["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
    assert {mount["mountPath"] for mount in mounts} == {"/var/lib/registry", "/credentials/cloud"}
    assert found.data == {"cloud": b"{}"}


async def test_azure_takes_the_key_of_the_account() -> None:
    """In the clouds of other countries with their own hosts; without a way to a key it says what to do."""
    lines = "AZURE_STORAGE_ACCOUNT_ACCESS_KEY=word\nAZURE_CLOUD_NAME={}\n"
    fields = {"azureResourceGroup": "g", "azureStorageAccount": "a", "azureStorageContainer": "c"}
    found = await storage(AZURE, {"azure-credentials": lines.format("").encode()}, **fields)
    assert found.env == {
        "REGISTRY_STORAGE": "azure",
        "REGISTRY_STORAGE_AZURE_CONTAINER": "c",
        "REGISTRY_STORAGE_AZURE_ACCOUNTNAME": "a",
    }
    assert found.secret_env == {"REGISTRY_STORAGE_AZURE_ACCOUNTKEY": "storageAccountKey"}
    assert found.data == {"storageAccountKey": b"word"}
    china = await storage(AZURE, {"azure-credentials": lines.format("AzureChinaCloud").encode()}, **fields)
    assert china.env["REGISTRY_STORAGE_AZURE_REALM"] == "core.chinacloudapi.cn"
    with pytest.raises(store_errors.AccessDenied, match="AZURE_STORAGE_ACCOUNT_ACCESS_KEY"):
        await storage(AZURE, {"azure-credentials": b"AZURE_TENANT_ID=t"}, **fields)


async def test_no_secret_is_shown_where_objects_are_printed() -> None:
    """Neither in the settings of a registry nor in its Deployment and Service."""
    found = await storage(AWS, AWS_KEYS, awsBucketName="b")
    shown = [found, wanted(found), build.deployment(wanted(found), "n", version="1"), build.service(wanted(found), "n")]
    assert "word" not in repr(shown)


async def test_a_proxy_is_taken_from_its_secret() -> None:
    """As variables, whose names are its keys."""
    found = await storage(AWS, AWS_KEYS, awsBucketName="b")
    (container,) = build.deployment(wanted(found, proxy="proxy"), "n", version="1")["spec"]["template"]["spec"]["containers"]
    assert container["envFrom"] == [{"secretRef": {"name": "proxy"}}]


# --- health --------------------------------------------------------------------------------------------------------------------


def state(*, ready: bool = False, restarts: int = 0, **current: Any) -> Object:
    """Of a container."""
    return {"ready": ready, "restartCount": restarts, "state": current}


class Cluster(Client):
    """One with pods of registries."""

    def __init__(self, name: str, *statuses: Object) -> None:
        super().__init__(pieces.scope(pieces.migration(), pieces.plan()).host.access, name=name)
        self.pods = [
            {"kind": "Pod", "metadata": {"namespace": "mtc", "name": f"registry-{number}"}, "status": found}
            for number, found in enumerate(statuses)
        ]

    async def list_all(self, *_: Any, **__: Any) -> list[Object]:
        """The pods."""
        return self.pods


HEALTHY: Object = {"phase": "Running", "containerStatuses": [state(ready=True)]}


async def sick(*statuses: Object) -> health.Sick | None:
    """What is wrong on the source, whose pods have these statuses."""
    its = pieces.scope(pieces.migration(), pieces.plan())
    found = await health.look(replaced(its, source=Cluster("remote", *statuses), target=Cluster("host", HEALTHY)))
    return found[0] if found else None


def replaced(its: Any, **fields: Any) -> Any:
    """A scope with something else in it."""
    import dataclasses

    return dataclasses.replace(its, **fields)


@pytest.mark.parametrize(
    ("status", "told", "has_failed", "has_no_image"),
    [
        ({"containerStatuses": [state(waiting={"reason": "ContainerCreating"})]}, "ContainerCreating.", False, False),
        ({"containerStatuses": [state(running={})]}, "it is not ready.", False, False),
        ({"containerStatuses": [state(running={}, restarts=1)]}, "it is not ready.", True, False),
        ({"containerStatuses": [state(waiting={"reason": "ErrImagePull"})]}, "ErrImagePull.", True, False),
        ({"containerStatuses": [state(waiting={"reason": "ImagePullBackOff", "message": "no"})]}, "ImagePullBackOff: no.", True, True),
        ({"containerStatuses": [state(terminated={"reason": "Error", "message": "panic"})]}, "Error: panic.", True, False),
        ({"phase": "Pending"}, "Pending.", False, False),
        ({"phase": "Failed", "reason": "Evicted"}, "Evicted.", True, False),
        (
            {"phase": "Pending", "conditions": [{"status": "False", "reason": "Unschedulable", "message": "0/1 nodes."}]},
            "Unschedulable: 0/1 nodes.",
            True,
            False,
        ),
        ({}, "Pending.", False, False),
    ],
)
async def test_the_status_of_a_pod_says_what_is_wrong(status: Object, told: str, *, has_failed: bool, has_no_image: bool) -> None:
    """With the reason of its state; that it only starts is no failure."""
    found = await sick(status)
    assert found is not None
    assert found.message.startswith("Pod mtc/registry-0 of the migration registry on cluster remote is not healthy: ")
    assert found.message.endswith(told)
    assert (found.has_failed, found.has_no_image) == (has_failed, has_no_image)


async def test_one_healthy_pod_is_enough_and_none_is_told() -> None:
    """Beside one that is on its way in or out."""
    assert await sick({"phase": "Pending"}, HEALTHY) is None
    found = await sick()
    assert found is not None
    assert found.message == "The pod of the migration registry of MigPlan openshift-migration/shop is missing on cluster remote."
    assert not found.has_failed


@pytest.mark.parametrize(
    ("itinerary", "phase", "looks"),
    [
        ("Stage", "EnsureStageBackup", True),
        ("Stage", "StageRestoreCreated", True),
        ("Stage", "WaitForRegistriesReady", False),
        ("Stage", "DeleteRegistries", False),
        ("Final", "PreBackupHooks", True),
        ("Final", "EnsureFinalRestore", False),
        ("Cancel", "DeleteBackups", False),
        ("Failed", "MigrationFailed", False),
    ],
)
@pytest.mark.parametrize("known", [conditions.REGISTRIES_HEALTHY, conditions.REGISTRIES_UNHEALTHY, ""])
async def test_registries_are_watched_while_images_may_travel(itinerary: str, phase: str, known: str, *, looks: bool) -> None:
    """From where they were well for the first time to where the images have arrived; then a sick one holds nothing up."""
    kept = [Condition(type=known, category="Required", durable=True)] if known else []
    status = MigMigrationStatus(itinerary=itinerary, phase=phase, conditions=kept)
    its = replaced(pieces.scope(pieces.migration(), pieces.plan()), source=Cluster("remote", HEALTHY), target=Cluster("host", HEALTHY))
    after, found = await look_again(its, status, itineraries.ALL[itinerary].phase(phase))
    assert found == []
    looked = looks and bool(known)
    assert [entry.type for entry in after.conditions] == ([conditions.REGISTRIES_HEALTHY] if looked else [entry.type for entry in kept])
    assert (after is status) is not looked


async def test_a_cluster_on_both_sides_has_one_registry() -> None:
    """Both names mean it."""
    its = pieces.scope(pieces.migration(), pieces.plan(source="host"))
    assert work.clusters(replaced(its, source=its.host, target=its.host)) == [its.host]
    assert work.clusters(its) == [its.source, its.target]


# --- which migrations have images -----------------------------------------------------------------------------------------------


class Source(Client):
    """A cluster that serves ImageStreams, or does not."""

    def __init__(self, *, has_any: bool, is_served: bool = True) -> None:
        super().__init__(pieces.scope(pieces.migration(), pieces.plan()).host.access, name="remote")
        self.has_any, self.is_served, self.asked = has_any, is_served, 0

    async def pages(self, *_: Any, **__: Any) -> Any:
        """One page."""
        self.asked += 1
        if not self.is_served:
            msg = "not served"
            raise errors.NotServed(msg, code=404, status={}, detail=msg)
        yield type("Page", (), {"items": [b"{}"] if self.has_any else []})


STREAMS, COPIED, DIRECT = flags.Images(streams=True), flags.Images(streams=True, copied=True), flags.Images(direct=True)


@pytest.mark.parametrize(
    ("plan", "migration", "setting", "one_cluster", "found"),
    [
        ({"indirectImageMigration": True}, {}, {}, False, COPIED),
        ({"indirectImageMigration": True}, {"stage": True}, {}, False, COPIED),
        ({"indirectImageMigration": True}, {}, {"disable_image_copy": True}, False, STREAMS),
        ({"indirectImageMigration": True}, {}, {}, True, STREAMS),
        ({"indirectImageMigration": True}, {}, {"disable_image_migration": True}, False, None),
        ({"indirectImageMigration": True}, {"migrateState": True}, {}, False, None),
        ({"indirectImageMigration": False}, {}, {}, False, DIRECT),
        ({"indirectImageMigration": False}, {"rollback": True}, {}, False, None),
    ],
)
async def test_what_of_image_streams_travels(
    plan: Any, migration: Any, setting: Any, found: flags.Images | None, *, one_cluster: bool
) -> None:
    """Where nothing does, the source is not asked; where it has none, or does not know any, nothing does."""
    arguments = (pieces.migration(**migration), pieces.plan(**plan))
    source = Source(has_any=True)

    async def in_place() -> bool:
        return one_cluster

    assert await images.look(*arguments, source, Settings(**setting), in_place=in_place) == (found or flags.NO_IMAGES)
    assert source.asked == (1 if found else 0)
    for without in (Source(has_any=False), Source(has_any=True, is_served=False)):
        assert await images.look(*arguments, without, Settings(**setting), in_place=in_place) == flags.NO_IMAGES
