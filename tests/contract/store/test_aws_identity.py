"""Whether AWS knows an access key, asked of a service that answers as AWS does."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from kit import planes, sts
from mtc.api.migration.migstorage import MigStorage
from mtc.migration.checks.storage import Scope, snapshot_probe
from mtc.store import aws_identity
from mtc.store.aws_identity import Key

GOOD = Key(sts.ACCESS_KEY, sts.SECRET_KEY)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[sts.Sts]:
    """The service, to which AWS's own variable leads."""
    with sts.sts_server() as found:
        monkeypatch.setenv(aws_identity.ENDPOINT_VARIABLE, found.url)
        yield found


async def refusal(key: Key, *, ago: timedelta = timedelta()) -> str:
    """What is said of a key."""
    return await aws_identity.refusal(key, region="eu-central-1", now=datetime.now(UTC) - ago)


async def test_a_key_that_aws_knows_is_not_refused(service: sts.Sts) -> None:
    """The signature is right, for the region that was asked for."""
    assert not await refusal(GOOD)
    assert service.asked == ["eu-central-1"]


@pytest.mark.parametrize(
    ("key", "code"),
    [(Key("AKIAOTHER", sts.SECRET_KEY), "InvalidClientTokenId"), (Key(sts.ACCESS_KEY, "another-secret"), "SignatureDoesNotMatch")],
)
async def test_a_key_or_secret_that_is_wrong_is_refused(service: sts.Sts, key: Key, code: str) -> None:
    """With the code of AWS, and without any part of the key."""
    assert await refusal(key) == code
    assert service.asked


async def test_a_wrong_clock_says_nothing_of_the_key(service: sts.Sts) -> None:
    """AWS calls it the same as a wrong secret, and tells it apart in its words only."""
    assert not await refusal(GOOD, ago=timedelta(hours=1))
    assert service.asked


@pytest.mark.parametrize(
    "answer",
    [
        (403, "<html><body>Blocked by the proxy of the company</body></html>"),
        (403, "<Error><Code>InvalidAccessKeyId</Code></Error>"),
        (403, sts.refused("AccessDenied", "No.")),
        (500, sts.refused("InternalFailure", "Later.")),
        (503, sts.refused("InvalidClientTokenId", "Later.")),
        (302, ""),
        (200, "anything"),
    ],
    ids=["page", "somebody else", "no right", "failure", "busy", "elsewhere", "ok"],
)
async def test_only_a_plain_no_of_aws_counts(service: sts.Sts, answer: tuple[int, str]) -> None:
    """What somebody in between says is no word about the key."""
    service.instead = answer
    assert not await refusal(Key("AKIAOTHER", "x"))


async def test_where_nobody_answers_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither does what is no address."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "ftp://127.0.0.1", "http://[::1", "nowhere"):
        monkeypatch.setenv(aws_identity.ENDPOINT_VARIABLE, url)
        assert not await refusal(GOOD)


def scope(backups: dict[str, str], snapshots: dict[str, str]) -> Scope:
    """A MigStorage of AWS with these Secrets."""
    secrets = [{"metadata": {"name": name, "namespace": "mtc"}, "data": data} for name, data in (("a", backups), ("b", snapshots))]
    spec = {"backupStorageProvider": "aws", "volumeSnapshotProvider": "aws", "volumeSnapshotConfig": {"awsRegion": "eu-west-1"}}
    storage = MigStorage.from_dict({"metadata": {"name": "repo", "namespace": "mtc"}, "spec": spec})
    return Scope(storage, *secrets)


async def test_credentials_of_backups_are_not_tried_a_second_time(service: sts.Sts) -> None:
    """Their probe has told; those of storage that only speaks S3 are none that AWS knows. Others are tried, in the region of the volumes."""
    ours, theirs = planes.s3_credentials("secret-of-the-backups"), planes.s3_credentials("wrong", key=sts.ACCESS_KEY)
    assert await snapshot_probe.CHECK.run(scope(ours, dict(ours)), ()) == []
    assert service.asked == []
    (told,) = await snapshot_probe.CHECK.run(scope(ours, theirs), ())
    assert (told.category, told.reason, told.items) == ("Critical", "TestFailed", ("SignatureDoesNotMatch",))
    assert service.asked == ["eu-west-1"]
