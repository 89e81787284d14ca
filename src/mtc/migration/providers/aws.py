"""AWS and everything that speaks S3."""

from datetime import UTC, datetime

from mtc.api import names
from mtc.api.migration.migstorage import BackupStorageConfig, VolumeSnapshotConfig
from mtc.migration import providers
from mtc.store import aws_identity

_DEFAULT_REGION = "us-east-1"
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


PROVIDER = providers.Provider(
    name="aws",
    backup_problems=_backup_problems,
    snapshot_problems=_snapshot_problems,
    credential=_credential,
    bucket=lambda config: config.aws_bucket_name,
    config=_config,
    snapshot_config=_snapshot_config,
    snapshot_refusal=_snapshot_refusal,
)
