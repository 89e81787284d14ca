"""Names, options and environment of restic, from locations as custom resources describe them."""

import stat
from pathlib import Path

import pytest

from mtc import store
from mtc.movers.restic import access
from mtc.movers.volumes.port import Repository
from mtc.store import errors

_KEYS = b"[default]\naws_access_key_id=AKID\naws_secret_access_key=SECRETKEY\n[other]\naws_access_key_id=OTHER\naws_secret_access_key=OTHERKEY\n"


def _location(provider: str, *, prefix: str = "velero", credential: bytes | None = None, **config: str) -> store.Location:
    return store.Location(
        name="BackupStorageLocation mtc/repo", provider=provider, bucket="bucket", prefix=prefix, config=config, credential=credential
    )


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (_location("aws"), "s3:s3-us-east-1.amazonaws.com/bucket/velero/restic/shop"),
        (_location("aws", region="eu-west-1"), "s3:s3-eu-west-1.amazonaws.com/bucket/velero/restic/shop"),
        (_location("velero.io/aws", s3Url="http://minio:9000/"), "s3:http://minio:9000/bucket/velero/restic/shop"),
        (_location("aws", prefix="", s3Url="https://s3.test"), "s3:https://s3.test/bucket/restic/shop"),
        (_location("aws", prefix="/a/b/"), "s3:s3-us-east-1.amazonaws.com/bucket/a/b/restic/shop"),
        (_location("azure", storageAccount="account"), "azure:bucket:/velero/restic/shop"),
        (_location("gcp"), "gs:bucket:/velero/restic/shop"),
        (_location("aws", resticRepoPrefix="s3:http://elsewhere/own/"), "s3:http://elsewhere/own/shop"),
    ],
)
def test_identifier(location: store.Location, expected: str) -> None:
    """The names are those that Velero writes."""
    assert access.identifier(location, "shop") == expected


def test_unknown_provider() -> None:
    """A provider that cannot hold volume data is refused by name."""
    with pytest.raises(errors.BadLocation, match="'memory'"):
        access.identifier(_location("memory"), "shop")


def _prepared(location: store.Location, folder: Path, password: bytes = b"pass word") -> access.Access:
    return access.prepare(Repository(location, "shop", password), folder)


def test_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys come from the location's profile only, and the address style from its settings."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-somebody-else")
    monkeypatch.setenv("RESTIC_REPOSITORY2", "of-somebody-else")
    found = _prepared(_location("aws", credential=_KEYS, profile="other", s3Url="http://s3", insecureSkipTLSVerify="true"), tmp_path)
    assert (found.env["AWS_ACCESS_KEY_ID"], found.env["AWS_SECRET_ACCESS_KEY"]) == ("OTHER", "OTHERKEY")
    assert not {"AWS_SESSION_TOKEN", "RESTIC_REPOSITORY2"} & found.env.keys()
    assert {"s3.bucket-lookup=path", "s3.region=us-east-1", "--insecure-tls"} <= set(found.arguments)
    assert "s3.bucket-lookup=dns" in _prepared(_location("aws", credential=_KEYS), tmp_path).arguments


def test_machine_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a credential the process's own identity is used."""
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:role")
    assert _prepared(_location("aws"), tmp_path).env["AWS_ROLE_ARN"] == "arn:role"


def test_secrets_are_files_or_environment(tmp_path: Path) -> None:
    """No secret is an argument, files are private, and all secrets are known for masking."""
    found = _prepared(_location("aws", credential=_KEYS), tmp_path)
    password = Path(found.env["RESTIC_PASSWORD_FILE"])
    assert password.read_bytes() == b"pass word"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    assert not [argument for argument in found.arguments if "SECRETKEY" in argument or "pass word" in argument]
    assert {"SECRETKEY", "pass word"} <= set(found.secrets)
    assert "SECRETKEY" not in repr(found)


def test_azure(tmp_path: Path) -> None:
    """Account key or service principal, and the cloud that the account is in."""
    key = b"AZURE_STORAGE_ACCOUNT_ACCESS_KEY=KEY\nAZURE_CLOUD_NAME=AzureUSGovernmentCloud\n"
    found = _prepared(_location("azure", credential=key, storageAccount="account"), tmp_path).env
    assert (found["AZURE_ACCOUNT_NAME"], found["AZURE_ACCOUNT_KEY"], found["AZURE_ENDPOINT_SUFFIX"]) == (
        "account",
        "KEY",
        "core.usgovcloudapi.net",
    )
    principal = b"AZURE_TENANT_ID=t\nAZURE_CLIENT_ID=c\nAZURE_CLIENT_SECRET=s\n"
    found = _prepared(
        _location("azure", credential=principal, storageAccount="account", storageAccountURI="https://account.blob.azure.test"), tmp_path
    ).env
    assert "AZURE_ACCOUNT_KEY" not in found
    assert (found["AZURE_TENANT_ID"], found["AZURE_CLIENT_SECRET"], found["AZURE_ENDPOINT_SUFFIX"]) == ("t", "s", "azure.test")
    with pytest.raises(errors.BadLocation, match="storageAccount"):
        _prepared(_location("azure", credential=key), tmp_path)


def test_gcp_and_ca(tmp_path: Path) -> None:
    """Google's key and the CA go into files."""
    location = store.Location(name="x", provider="gcp", bucket="bucket", credential=b'{"type":"service_account"}', ca=b"CERTIFICATES")
    found = _prepared(location, tmp_path)
    assert Path(found.env["GOOGLE_APPLICATION_CREDENTIALS"]).read_bytes() == b'{"type":"service_account"}'
    assert Path(found.arguments[found.arguments.index("--cacert") + 1]).read_bytes() == b"CERTIFICATES"
