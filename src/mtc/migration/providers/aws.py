"""AWS and everything that speaks S3."""

import base64
from datetime import UTC, datetime

from mtc.api import names
from mtc.api.migration.migstorage import BackupStorageConfig, VolumeSnapshotConfig
from mtc.migration import providers
from mtc.store import aws_identity

_DEFAULT_REGION = "us-east-1"
_CA_FILE = "ca_bundle.pem"
_SIGNATURES = ("", "1", "4")
_SECRET_KEYS = (names.AWS_ACCESS_KEY_ID_KEY, names.AWS_SECRET_ACCESS_KEY_KEY)


def _backup_problems(config: BackupStorageConfig, keys: providers.Keys) -> list[str]:
    found = providers.word_problems(keys, *_SECRET_KEYS)
    if not config.aws_bucket_name:
        found.append("awsBucketName is missing")
    if config.aws_signature_version not in _SIGNATURES:
        found.append("awsSignatureVersion is neither 1 nor 4")
    return found + providers.url_problem("awsS3Url", config.aws_s3_url) + providers.url_problem("awsPublicUrl", config.aws_public_url)


def _snapshot_problems(config: VolumeSnapshotConfig, keys: providers.Keys) -> list[str]:
    timeout = providers.duration_problem("snapshotCreationTimeout", config.snapshot_creation_timeout)
    return providers.word_problems(keys, *_SECRET_KEYS) + timeout


def _credential(keys: providers.Keys, _resource_group: str) -> bytes:
    key_id, secret = (keys[name].strip().decode() for name in _SECRET_KEYS)
    return f"\n[default]\naws_access_key_id={key_id}\naws_secret_access_key={secret}\n".encode()


def _config(config: BackupStorageConfig, _keys: providers.Keys) -> dict[str, str]:
    # MTC forces path style whenever a URL is set and ignores the field; it is honoured here when somebody sets it.
    given = "aws_s3_force_path_style" in config.model_fields_set
    path_style = config.aws_s3_force_path_style if given else bool(config.aws_s3_url)
    return {
        "region": config.aws_region or _DEFAULT_REGION,
        "s3ForcePathStyle": str(path_style).lower(),
        "insecureSkipTLSVerify": str(config.insecure).lower(),
    } | providers.without_empty(
        {
            "s3Url": config.aws_s3_url,
            "publicUrl": config.aws_public_url,
            "kmsKeyId": config.aws_kms_key_id,
            "signatureVersion": config.aws_signature_version,
        }
    )


def _snapshot_config(config: VolumeSnapshotConfig) -> dict[str, str]:
    timeout = providers.without_empty({"snapshotCreationTimeout": config.snapshot_creation_timeout})
    return {"region": config.aws_region or _DEFAULT_REGION} | timeout


async def _snapshot_refusal(config: VolumeSnapshotConfig, keys: providers.Keys) -> str:
    key = aws_identity.Key(*(keys[name].strip().decode() for name in _SECRET_KEYS))
    return await aws_identity.refusal(key, region=config.aws_region or _DEFAULT_REGION, now=datetime.now(UTC))


async def _registry(config: BackupStorageConfig, keys: providers.Keys, folder: str) -> providers.RegistryStorage:
    key_id, secret = (keys[name].strip() for name in _SECRET_KEYS)
    ca = base64.b64decode(config.s3_custom_ca_bundle) if config.s3_custom_ca_bundle else b""
    locations = _config(config, keys)
    env = {
        "REGISTRY_STORAGE": "s3",
        "REGISTRY_STORAGE_S3_BUCKET": config.aws_bucket_name,
        "REGISTRY_STORAGE_S3_REGION": locations["region"],
        names.REGISTRY_FOLDER_VARIABLE: folder,
        "REGISTRY_STORAGE_S3_SKIPVERIFY": str(config.insecure).lower(),
        # Registries before version 3 use path style whenever there is an endpoint.
        "REGISTRY_STORAGE_S3_FORCEPATHSTYLE": locations["s3ForcePathStyle"],
    } | providers.without_empty(
        {
            "REGISTRY_STORAGE_S3_REGIONENDPOINT": config.aws_s3_url,
            "REGISTRY_STORAGE_S3_V4AUTH": "false" if config.aws_signature_version == "1" else "",
            "REGISTRY_STORAGE_S3_ENCRYPT": "true" if config.aws_kms_key_id else "",
            "REGISTRY_STORAGE_S3_KEYID": config.aws_kms_key_id,
        }
    )
    secret_env = {"REGISTRY_STORAGE_S3_ACCESSKEY": "access_key", "REGISTRY_STORAGE_S3_SECRETKEY": "secret_key"}
    data = {"access_key": key_id, "secret_key": secret} | ({_CA_FILE: ca} if ca else {})
    # Programs in Go trust every file of this folder.
    return providers.RegistryStorage(env, secret_env, {_CA_FILE: f"/etc/ssl/certs/{_CA_FILE}"} if ca else {}, data)


PROVIDER = providers.Provider(
    name="aws",
    backup_problems=_backup_problems,
    snapshot_problems=_snapshot_problems,
    credential=_credential,
    bucket=lambda config: config.aws_bucket_name,
    config=_config,
    snapshot_config=_snapshot_config,
    registry=_registry,
    snapshot_refusal=_snapshot_refusal,
)
