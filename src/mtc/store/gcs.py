"""Google Cloud Storage: provider `gcp`."""

import json
from typing import Any
from urllib.parse import urlsplit

from obstore import exceptions
from obstore.store import GCSStore

from mtc.store import errors
from mtc.store.bucket import CLIENT, RETRY, Bucket
from mtc.store.port import Location

PROVIDER = "gcp"
#: What Google's JSON interface has below an endpoint, as people give it to Velero; ours is the XML interface beside it.
_JSON_PATH = "/storage/v1"


def endpoint(location: Location) -> str:
    """The address of the storage, "" for Google's own. Raises BadLocation.

    `storeEndpoint` is a host, as Velero documents it, or a URL.
    """
    given = location.config.get("storeEndpoint", "").strip().rstrip("/").removesuffix(_JSON_PATH)
    if not given:
        domain = location.config.get("universeDomain", "").strip()
        return f"https://storage.{domain}" if domain else ""
    url = given if "://" in given else f"https://{given}"
    try:
        parts = urlsplit(url)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and not (parts.path or parts.query) and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        msg = f"storeEndpoint {given!r} of {location.name} must be a host such as storage.example.org, or an http(s) URL of one."
        raise errors.BadLocation(msg)
    return url


def _account(location: Location) -> dict[str, str]:
    """The option that carries the service account; {} where the machine's own identity is to be used."""
    if not location.credential or not location.credential.strip():
        return {}
    try:
        key = json.loads(location.credential)
    except (ValueError, RecursionError):
        key = None
    if not isinstance(key, dict):
        msg = f"The credential of {location.name} is not the JSON of a Google service account."
        raise errors.BadLocation(msg)
    if missing := [name for name in ("client_email", "private_key", "private_key_id") if not key.get(name)]:
        msg = f"The credential of {location.name} is not the key of a Google service account: {', '.join(missing)} missing."
        raise errors.BadLocation(msg)
    return {"service_account_key": json.dumps(key)}


def open_store(location: Location) -> Bucket:
    """The store. Raises BadLocation when the endpoint is none or the credential is no service-account JSON."""
    url = endpoint(location)
    account = _account(location)
    client: dict[str, Any] = dict(CLIENT) | {"allow_http": url.startswith("http://")}
    if location.ca:
        client["root_certificate"] = location.ca

    def make(base: str) -> Any:
        config: dict[str, Any] = account | ({"base_url": base} if base else {})
        try:
            return GCSStore(location.bucket, prefix=location.prefix or None, config=config, client_options=client, retry_config=RETRY)
        except (ValueError, TypeError, exceptions.BaseError) as error:
            msg = f"The settings of {location.name} cannot work: {str(error).splitlines()[0]}"
            raise errors.BadLocation(msg) from error

    where = f"Google Cloud Storage bucket {location.bucket}{f' at {url}' if url else ''}"
    # The signature of a URL covers the host, and obstore always signs Google's own: links lead there, whatever the endpoint.
    return Bucket(make(url), where=where, signer=lambda: make(""))
