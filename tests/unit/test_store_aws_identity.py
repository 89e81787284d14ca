"""Requests to AWS: signatures that AWS has published, and where they go. Nothing is sent."""

from datetime import UTC, datetime

import pytest

from mtc.store import aws_identity


def test_the_signature_is_that_of_the_published_example() -> None:
    """Example post-x-www-form-urlencoded of AWS's test suite for Signature Version 4."""
    key = aws_identity.Key("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    now = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
    headers = aws_identity.signed(key, b"Param1=value1", host="example.amazonaws.com", region="us-east-1", service="service", now=now)
    assert headers["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=content-type;host;x-amz-date, "
        "Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
    )
    assert "wJalrXUtnFEMI" not in f"{key} {headers}"


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("us-east-1", "https://sts.us-east-1.amazonaws.com"),
        ("us-gov-west-1", "https://sts.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn"),
        ("us-iso-east-1", "https://sts.us-iso-east-1.c2s.ic.gov"),
        ("us-isob-east-1", "https://sts.us-isob-east-1.sc2s.sgov.gov"),
        ("minio", ""),
        ("x.example.org/us-east-1", ""),
        ("", ""),
    ],
)
def test_each_region_has_an_endpoint(region: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that is no region has none, and AWS's variable leads elsewhere."""
    monkeypatch.delenv(aws_identity.ENDPOINT_VARIABLE, raising=False)
    assert aws_identity.endpoint_of(region) == url
    monkeypatch.setenv(aws_identity.ENDPOINT_VARIABLE, "https://vpce-1.example.org")
    assert aws_identity.endpoint_of(region) == "https://vpce-1.example.org"
