"""Clusters, storage and plans as they are declared: the manifests. Pure."""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mtc.act import errors
from mtc.api import names
from mtc.api.base import Kind
from mtc.api.migration.migcluster import MigCluster
from mtc.api.migration.migplan import MigPlan
from mtc.api.migration.migstorage import MigStorage
from mtc.kube.client import Object


@dataclass(frozen=True, kw_only=True)
class Storage:
    """A storage as a person describes it; which fields are used depends on the provider.

    Attributes:
        provider: aws, azure or gcp.
        bucket: bucket or container.
        region, url, kms_key_id: of S3.
        account, account_uri, resource_group: of Azure.
        endpoint: of Google Cloud Storage where it is not Google's own.
        ca: PEM certificates that the storage's certificate is checked against.
        insecure: do not check it.
    """

    provider: str
    bucket: str
    region: str = ""
    url: str = ""
    kms_key_id: str = ""
    account: str = ""
    account_uri: str = ""
    resource_group: str = ""
    endpoint: str = ""
    ca: str = field(default="", repr=False)
    insecure: bool = False


#: Fields of `backupStorageConfig` by those of ours, for each provider.
_FIELDS: Mapping[str, Mapping[str, str]] = {
    "aws": {"bucket": "awsBucketName", "region": "awsRegion", "url": "awsS3Url", "kms_key_id": "awsKmsKeyId"},
    "azure": {
        "bucket": "azureStorageContainer",
        "account": "azureStorageAccount",
        "account_uri": "azureStorageAccountURI",
        "resource_group": "azureResourceGroup",
    },
    "gcp": {"bucket": "gcpBucket", "endpoint": "gcpStoreEndpoint"},
}
_OPTIONS = ("region", "url", "kms_key_id", "account", "account_uri", "resource_group", "endpoint")
#: The key of the Secret that holds the whole credentials file.
CREDENTIAL_KEYS = {"azure": names.AZURE_CREDENTIALS_KEY, "gcp": names.GCP_CREDENTIALS_KEY}


def host_cluster(name: str, namespace: str) -> Object:
    """The MigCluster of the host."""
    return _object(MigCluster.KIND, name, namespace, {"isHostCluster": True})


def cluster(name: str, namespace: str, *, url: str, secret: Mapping[str, str], ca: str, insecure: bool, registry: str = "") -> Object:
    """A MigCluster of another cluster.

    Args:
        name: its name.
        namespace: of the toolkit.
        url: of the API server.
        secret: name and namespace of the Secret with the token.
        ca: PEM certificates; "" for those that the system trusts.
        insecure: do not check the API server's certificate.
        registry: host of its image registry as seen from outside; "" without one.
    """
    spec: Object = {"isHostCluster": False, "url": url, "serviceAccountSecretRef": dict(secret)}
    if ca:
        spec["caBundle"] = base64.b64encode(ca.encode()).decode()
    if insecure:
        spec["insecure"] = True
    if registry:
        spec["exposedRegistryPath"] = registry
    return _object(MigCluster.KIND, name, namespace, spec)


def storage(name: str, namespace: str, found: Storage, *, secret: Mapping[str, str]) -> Object:
    """A MigStorage.

    Raises:
        errors.Incomplete: the provider is unknown, the bucket is missing, or something was given that the provider does not have.
    """
    fields = _FIELDS.get(found.provider)
    if fields is None:
        raise errors.Incomplete(
            f"There is no provider {found.provider!r}. Give --provider aws, azure or gcp; S3-compatible storage is aws."
        )
    if not found.bucket:
        raise errors.Incomplete("The bucket is missing. Give --bucket NAME; for Azure it is the container.")
    if strange := [option for option in _OPTIONS if getattr(found, option) and option not in fields]:
        options = ", ".join(f"--{option.replace('_', '-')}" for option in strange)
        raise errors.Incomplete(f"Provider {found.provider} has no {options}. Leave it out.")
    config: Object = {target: getattr(found, source) for source, target in fields.items() if getattr(found, source)}
    config["credsSecretRef"] = dict(secret)
    if found.ca:
        config["s3CustomCABundle"] = base64.b64encode(found.ca.encode()).decode()
    if found.insecure:
        config["insecure"] = True
    return _object(MigStorage.KIND, name, namespace, {"backupStorageProvider": found.provider, "backupStorageConfig": config})


def plan(
    name: str,
    namespace: str,
    *,
    source: str,
    target: str,
    storage_name: str,
    namespaces: Iterable[str],
    indirect_volumes: bool | None = None,
    indirect_images: bool | None = None,
) -> Object:
    """A MigPlan; its volumes are filled in by the controller.

    Args:
        name: of the plan.
        namespace: of the toolkit.
        source: the MigCluster to migrate from.
        target: the MigCluster to migrate to.
        storage_name: of the MigStorage; "" without one.
        namespaces: that are migrated, as `name` or `source:target`.
        indirect_volumes: whether volumes travel through the storage; None as it has to be between these clusters.
        indirect_images: the same of images.

    Raises:
        names.InvalidMapping: a namespace is neither `name` nor `source:target`.
    """
    found = list(namespaces)
    for entry in found:
        names.parse_namespace_mapping(entry)
    # Inside one cluster the fields tell the type of the plan only, and the controller takes no other value.
    usual = source != target
    spec: Object = {
        "srcMigClusterRef": {"name": source, "namespace": namespace},
        "destMigClusterRef": {"name": target, "namespace": namespace},
        "namespaces": found,
        "indirectVolumeMigration": usual if indirect_volumes is None else indirect_volumes,
        "indirectImageMigration": usual if indirect_images is None else indirect_images,
    }
    if storage_name:
        spec["migStorageRef"] = {"name": storage_name, "namespace": namespace}
    return _object(MigPlan.KIND, name, namespace, spec)


def _object(kind: Kind, name: str, namespace: str, spec: Object) -> Object:
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}
