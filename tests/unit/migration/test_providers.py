"""From a MigStorage of each provider to locations and credentials."""

import base64
import json
from typing import Any

import pytest

from mtc.api.migration.migstorage import BackupStorageConfig, MigStorage, VolumeSnapshotConfig
from mtc.kube.client import Object
from mtc.migration import locations, providers
from mtc.store import port
from mtc.store.s3 import credentials

AWS, AZURE, GCP = (providers.known()[name] for name in ("aws", "azure", "gcp"))
AWS_KEYS = {"aws-access-key-id": b"id", "aws-secret-access-key": b"secret\n"}
AZURE_LINES = b"AZURE_SUBSCRIPTION_ID=s\nAZURE_TENANT_ID=t\nAZURE_CLIENT_ID=c\nAZURE_CLIENT_SECRET=x=y\nAZURE_RESOURCE_GROUP=from-secret\n"
GCP_KEYS = {"gcp-credentials": json.dumps({"type": "service_account"}).encode()}


def backup(**fields: Any) -> BackupStorageConfig:
    """Settings for backups."""
    return BackupStorageConfig.model_validate(fields)


def secret(keys: dict[str, bytes]) -> Object:
    """A Secret."""
    return {
        "metadata": {"name": "creds", "namespace": "config"},
        "data": {key: base64.b64encode(value).decode() for key, value in keys.items()},
    }


@pytest.mark.parametrize(
    ("provider", "config", "keys", "problems"),
    [
        (AWS, {"awsBucketName": "b"}, AWS_KEYS, []),
        (AWS, {}, AWS_KEYS, ["awsBucketName"]),
        (AWS, {"awsBucketName": "b"}, {"aws-access-key-id": b"id"}, ["aws-secret-access-key"]),
        (AWS, {"awsBucketName": "b", "awsSignatureVersion": "2"}, AWS_KEYS, ["awsSignatureVersion"]),
        (AWS, {"awsBucketName": "b", "awsS3Url": "minio:9000", "awsPublicUrl": "x"}, AWS_KEYS, ["awsS3Url", "awsPublicUrl"]),
        (AWS, {"awsBucketName": "b", "awsS3Url": "http://me:word@minio:9000"}, AWS_KEYS, ["awsS3Url"]),
        (GCP, {"gcpBucket": "b"}, GCP_KEYS, []),
        (GCP, {}, {"gcp-credentials": b"{"}, ["gcp-credentials", "gcpBucket"]),
        (
            AZURE,
            {"azureStorageAccount": "a", "azureStorageContainer": "c", "azureResourceGroup": "g"},
            {"azure-credentials": AZURE_LINES},
            [],
        ),
        (
            AZURE,
            {},
            {"azure-credentials": b"AZURE_TENANT_ID=t"},
            [
                "AZURE_SUBSCRIPTION_ID",
                "AZURE_CLIENT_ID",
                "AZURE_CLIENT_SECRET",
                "azureResourceGroup",
                "azureStorageAccount",
                "azureStorageContainer",
            ],
        ),
    ],
)
def test_what_cannot_work_is_named(
    provider: providers.Provider, config: dict[str, str], keys: dict[str, bytes], problems: list[str]
) -> None:
    """Each problem begins with the field or key that a person has to correct; values are not shown."""
    assert [problem.split()[0] for problem in provider.backup_problems(backup(**config), keys)] == problems


@pytest.mark.parametrize("value", [b"\xff\xfe", b"two words", b"line\nrole_arn=x", "schlüssel".encode(), b"nul\x00"])
def test_a_key_that_would_break_the_file_of_credentials_is_named(value: bytes) -> None:
    """It is told as a setting to correct, without its value; a newline at its end, which editors add, does no harm."""
    found = AWS.backup_problems(backup(awsBucketName="b"), AWS_KEYS | {"aws-access-key-id": value})
    assert found == ["aws-access-key-id of the Secret is not one word of plain letters"]
    assert AWS.backup_problems(backup(awsBucketName="b"), AWS_KEYS) == []


def test_json_that_no_parser_takes_is_told() -> None:
    """A service account of a hundred thousand brackets is a wrong setting and no crash."""
    found = GCP.backup_problems(backup(gcpBucket="b"), {"gcp-credentials": b"[" * 100_000})
    assert found == ["gcp-credentials of the Secret is not the JSON of a service account"]


@pytest.mark.parametrize(
    ("fields", "path_style"),
    [
        ({}, "false"),
        ({"awsS3Url": "https://minio"}, "true"),
        ({"awsS3Url": "https://minio", "awsS3ForcePathStyle": False}, "false"),
        ({"awsS3ForcePathStyle": True}, "true"),
    ],
)
def test_path_style_is_what_was_asked_for_and_else_follows_from_the_url(fields: dict[str, Any], path_style: str) -> None:
    """awsS3ForcePathStyle is honoured; unset, it is true exactly where a URL is given."""
    assert AWS.config(backup(awsBucketName="b", **fields), AWS_KEYS)["s3ForcePathStyle"] == path_style


def test_all_settings_of_s3_reach_the_location() -> None:
    """URL, public URL, region, KMS key, signature, insecure and CA are in the BackupStorageLocation."""
    ca = base64.b64encode(b"pem").decode()
    spec = {
        "backupStorageProvider": "aws",
        "backupStorageConfig": {
            "awsBucketName": "b",
            "awsS3Url": "https://minio",
            "awsPublicUrl": "https://public",
            "awsRegion": "eu",
            "awsKmsKeyId": "kms",
            "awsSignatureVersion": "4",
            "s3CustomCABundle": ca,
            "insecure": True,
        },
    }
    storage = MigStorage.from_dict({"metadata": {"name": "repo", "namespace": "mtc"}, "spec": spec})
    found = locations.backup_location(storage, AWS, secret(AWS_KEYS), credential_name="creds")
    assert found == {
        "provider": "aws",
        "objectStorage": {"bucket": "b", "prefix": "velero", "caCert": ca},
        "config": {
            "region": "eu",
            "s3ForcePathStyle": "true",
            "insecureSkipTLSVerify": "true",
            "s3Url": "https://minio",
            "publicUrl": "https://public",
            "kmsKeyId": "kms",
            "signatureVersion": "4",
        },
        "credential": {"name": "creds", "key": "cloud"},
    }
    assert locations.of_storage(storage, AWS, secret(AWS_KEYS)).ca == b"pem"


def test_the_aws_credential_is_one_that_velero_and_we_can_read() -> None:
    """An INI file with a default profile, without the newline that people leave at the end of a key."""
    location = port.Location(name="x", provider="aws", bucket="b", credential=AWS.credential(AWS_KEYS, ""))
    assert credentials(location) == {"aws_access_key_id": "id", "aws_secret_access_key": "secret"}


def test_the_resource_group_of_a_cluster_takes_the_place_of_that_in_the_secret() -> None:
    """Snapshots of a cluster's disks are looked for in the group that its MigCluster names."""
    keys = {"azure-credentials": AZURE_LINES}
    assert b"AZURE_RESOURCE_GROUP=of-cluster\n" in AZURE.credential(keys, "of-cluster")
    assert b"AZURE_RESOURCE_GROUP=from-secret\n" in AZURE.credential(keys, "")
    assert b"AZURE_CLIENT_SECRET=x=y\n" in AZURE.credential(keys, "")


def test_snapshot_settings_of_each_provider() -> None:
    """Timeouts are passed on, also for gcp; a timeout that is none is told."""
    config = VolumeSnapshotConfig.model_validate({"snapshotCreationTimeout": "10m", "azureApiTimeout": "2m", "awsRegion": "eu"})
    assert AWS.snapshot_config(config) == {"region": "eu", "snapshotCreationTimeout": "10m"}
    assert GCP.snapshot_config(config) == {"snapshotCreationTimeout": "10m"}
    assert AZURE.snapshot_config(config) == {"apiTimeout": "2m", "snapshotCreationTimeout": "10m"}
    wrong = VolumeSnapshotConfig.model_validate({"snapshotCreationTimeout": "soon"})
    assert [item.split()[0] for item in GCP.snapshot_problems(wrong, GCP_KEYS)] == ["snapshotCreationTimeout"]


def test_endpoints_of_ones_own_reach_the_location() -> None:
    """The address of an Azure account and of Google's storage are where Velero's plug-ins look for them; a host does for Google."""
    azure = {"azureStorageAccount": "a", "azureStorageContainer": "c", "azureResourceGroup": "g"}
    keys = {"azure-credentials": AZURE_LINES}
    found = AZURE.config(backup(**azure, azureStorageAccountURI="https://a.example.org"), keys)
    assert found == {"resourceGroup": "g", "storageAccount": "a", "subscriptionId": "", "storageAccountURI": "https://a.example.org"}
    assert AZURE.backup_problems(backup(**azure, azureStorageAccountURI="a.example.org"), keys) == [
        "azureStorageAccountURI is no http(s) URL"
    ]
    assert GCP.config(backup(gcpBucket="b", gcpStoreEndpoint="storage.example.org"), GCP_KEYS) == {"storeEndpoint": "storage.example.org"}
    for endpoint, problems in (("storage.example.org", []), ("http://x", []), ("ftp://x", ["gcpStoreEndpoint is no http(s) URL"])):
        assert GCP.backup_problems(backup(gcpBucket="b", gcpStoreEndpoint=endpoint), GCP_KEYS) == problems
