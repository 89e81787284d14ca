"""MigStorage: the replication repository, an object storage that both clusters reach."""

from typing import ClassVar

from pydantic import Field

from mtc.api import base, common
from mtc.api.conditions import Condition

PROVIDERS = ("aws", "azure", "gcp")


class BackupStorageConfig(base.Model):
    """Where backups are kept; which fields are used depends on the provider."""

    creds_secret_ref: common.ObjectReference | None = Field(default=None, description="Secret with the credentials of the storage.")
    aws_bucket_name: str = Field(default="", description="Name of the bucket. AWS and S3-compatible.")
    aws_region: str = Field(default="", description="Region of the bucket, us-east-1 when empty. AWS and S3-compatible.")
    aws_s3_force_path_style: bool = Field(
        default=False, alias="awsS3ForcePathStyle", description="Accepted for old manifests; path style is used whenever a URL is given."
    )
    aws_s3_url: str = Field(default="", alias="awsS3Url", description="URL of an S3-compatible storage; empty for AWS itself.")
    aws_public_url: str = Field(default="", description="URL under which people reach the storage, for download links.")
    aws_kms_key_id: str = Field(default="", description="KMS key with which AWS encrypts objects.")
    aws_signature_version: str = Field(default="", description="Version of the signature, 1 or 4; empty means 4.")
    s3_custom_ca_bundle: base.Base64 | None = Field(
        default=None, alias="s3CustomCABundle", description="Certificates that the certificate of the storage is checked against."
    )
    azure_storage_account: str = Field(default="", description="Azure storage account.")
    azure_storage_container: str = Field(default="", description="Azure blob container.")
    azure_resource_group: str = Field(default="", description="Azure resource group of the storage account.")
    azure_storage_account_uri: str = Field(
        default="",
        alias="azureStorageAccountURI",
        description="URL of the storage account where it is not that of its Azure cloud, such as a private endpoint.",
    )
    gcp_bucket: str = Field(default="", description="Name of the Google Cloud Storage bucket.")
    gcp_store_endpoint: str = Field(default="", description="Host or URL of Google Cloud Storage where it is not Google's own.")
    insecure: bool = Field(default=False, description="Do not check the certificate of the storage.")


class VolumeSnapshotConfig(base.Model):
    """How volume snapshots are taken; which fields are used depends on the provider."""

    creds_secret_ref: common.ObjectReference | None = Field(default=None, description="Secret with the credentials for snapshots.")
    snapshot_creation_timeout: str = Field(default="", description="How long a snapshot may take, such as `10m`.")
    aws_region: str = Field(default="", description="Region of the volumes. AWS.")
    azure_api_timeout: str = Field(default="", description="How long a call of the Azure API may take, such as `2m`.")
    azure_resource_group: str = Field(default="", description="Azure resource group of the snapshots.")


class MigStorageSpec(base.Model):
    """The storage and its credentials."""

    backup_storage_provider: str = Field(
        default="",
        description="Provider of the object storage: aws, azure or gcp. S3-compatible storage is aws.",
        json_schema_extra=base.REQUIRED,
    )
    backup_storage_config: BackupStorageConfig = Field(
        default_factory=BackupStorageConfig, description="Where backups are kept.", json_schema_extra=base.REQUIRED
    )
    volume_snapshot_provider: str = Field(default="", description="Provider of volume snapshots; empty means as for backups.")
    volume_snapshot_config: VolumeSnapshotConfig | None = Field(default=None, description="How volume snapshots are taken.")
    refresh: bool = Field(default=False, description="Check the storage again now; goes back to false by itself.")


class MigStorageStatus(base.Model):
    """What is known of the storage."""

    conditions: list[Condition] = Field(default_factory=list, description="What holds for the storage.")
    observed_digest: str | None = Field(default=None, description="Digest of the spec that was last reconciled.")


class MigStorage(base.Resource):
    """An object storage through which backups and volume data travel between clusters."""

    KIND: ClassVar[base.Kind] = base.migration_kind(
        "MigStorage",
        "migstorages",
        base.READY_COLUMN,
        base.Column("BackupStorageProvider", ".spec.backupStorageProvider"),
        base.Column("VolumeSnapshotProvider", ".spec.volumeSnapshotProvider"),
        base.AGE,
    )
    spec: MigStorageSpec = Field(default_factory=MigStorageSpec, description="The storage and its credentials.")
    status: MigStorageStatus = Field(default_factory=MigStorageStatus, description="What is known of the storage.")
