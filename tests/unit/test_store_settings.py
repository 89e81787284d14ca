"""Settings of a location that cannot work."""

import pytest

from mtc import store
from mtc.store.port import Location


@pytest.mark.parametrize("ca", [b"none", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_damaged_ca_bundle_is_told(ca: bytes) -> None:
    """Whatever the library calls it."""
    config = {"region": "us-east-1", "s3Url": "https://minio.example.org"}
    credential = b"[default]\naws_access_key_id=a\naws_secret_access_key=b\n"
    location = Location(name="repo", provider="aws", bucket="b", prefix="", config=config, credential=credential, ca=ca)
    with pytest.raises(store.BadLocation, match=r"repo cannot work.*CA bundle"):
        store.open_location(location)
