"""S3 and everything that speaks it: provider `aws`."""

import configparser
import re
from datetime import timedelta
from typing import Any

from obstore import exceptions
from obstore.store import S3Store

from mtc.store import errors
from mtc.store.bucket import CLIENT, RETRY, Bucket
from mtc.store.port import Location

PROVIDER = "aws"
DEFAULT_REGION = "us-east-1"
_PROFILE_KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")


def credentials(location: Location) -> dict[str, str]:
    """Key id, secret and token of the location's profile; {} where the machine's own identity is to be used.

    Raises BadLocation when the credential is not an AWS credentials file or lacks the profile.
    """
    if not location.credential or not location.credential.strip():
        return {}
    parser = configparser.ConfigParser(interpolation=None, default_section="\0none")
    try:
        parser.read_string(location.credential.decode("utf-8"))
    except (configparser.Error, UnicodeDecodeError) as error:
        msg = f"The credential of {location.name} is not an AWS credentials file (sections like [default] with key = value lines)."
        raise errors.BadLocation(msg) from error
    profile = location.config.get("profile") or "default"
    if not parser.has_section(profile):
        msg = f"The credential of {location.name} has no profile [{profile}]."
        raise errors.BadLocation(msg)
    return {key: value for key in _PROFILE_KEYS if (value := parser.get(profile, key, fallback=""))}


def is_path_style(location: Location) -> bool:
    """Whether the bucket goes into the path; stores of our own URL usually have no wildcard DNS name."""
    chosen = location.config.get("s3ForcePathStyle", "")
    return chosen.lower() == "true" if chosen else bool(location.config.get("s3Url"))


def open_store(location: Location) -> Bucket:
    """The store. Raises BadLocation."""
    if "/" in location.bucket and not location.bucket.startswith("arn:aws:s3:"):
        msg = f"Bucket {location.bucket!r} of {location.name} must not contain a slash: put folders into the prefix."
        raise errors.BadLocation(msg)
    url = location.config.get("s3Url", "")
    public = location.config.get("publicUrl", "") or url
    for name, value in (("s3Url", url), ("publicUrl", public)):
        if value and not re.match(r"https?://[^/]", value):
            msg = f"{name} {value!r} of {location.name} must begin with http:// or https:// and name a host."
            raise errors.BadLocation(msg)
    where = f"bucket {location.bucket}{f' at {url}' if url else ''}"
    return Bucket(_store(location, url), where=where, signer=lambda: _store(location, public))


def _store(location: Location, endpoint: str) -> Any:
    keys = credentials(location)
    client: dict[str, Any] = dict(CLIENT)
    client["allow_http"] = endpoint.startswith("http://")
    if location.config.get("insecureSkipTLSVerify", "").lower() == "true":
        client["allow_invalid_certificates"] = True
    elif location.ca:
        client["root_certificate"] = location.ca
    config: dict[str, Any] = {"region": location.config.get("region") or DEFAULT_REGION}
    if endpoint:
        config["endpoint"] = endpoint.rstrip("/")
    config["virtual_hosted_style_request"] = not is_path_style(location)
    config |= {key.removeprefix("aws_"): value for key, value in keys.items()}
    if location.config.get("kmsKeyId"):
        config |= {"server_side_encryption": "aws:kms", "sse_kms_key_id": location.config["kmsKeyId"]}
    elif location.config.get("serverSideEncryption"):
        config["server_side_encryption"] = location.config["serverSideEncryption"]
    if not keys:
        # Without keys obstore would ask the cloud's metadata service for a minute.
        client["timeout"] = timedelta(seconds=30)
    try:
        return S3Store(location.bucket, prefix=location.prefix or None, config=config, client_options=client, retry_config=RETRY)
    except (ValueError, TypeError, exceptions.BaseError) as error:
        hint = " Is its CA bundle a list of whole PEM certificates?" if "root_certificate" in client else ""
        msg = f"The settings of {location.name} cannot work: {str(error).splitlines()[0]}.{hint}"
        raise errors.BadLocation(msg) from error
