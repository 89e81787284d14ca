"""Google Cloud Storage: provider `gcp`."""

import json
from typing import Any

from obstore.store import GCSStore

from mtc.store import errors
from mtc.store.bucket import CLIENT, RETRY, Bucket
from mtc.store.port import Location

PROVIDER = "gcp"


def open_store(location: Location) -> Bucket:
    """The store. Raises BadLocation when the credential is no service-account JSON."""
    config: dict[str, Any] = {}
    client: dict[str, Any] = dict(CLIENT)
    if location.credential and location.credential.strip():
        try:
            key = json.loads(location.credential)
        except ValueError as error:
            msg = f"The credential of {location.name} is not the JSON of a Google service account."
            raise errors.BadLocation(msg) from error
        if endpoint := location.config.get("storeEndpoint"):
            key = {**key, "gcs_base_url": endpoint.rstrip("/")}
            client["allow_http"] = endpoint.startswith("http://")
        config["service_account_key"] = json.dumps(key)
    if location.ca:
        client["root_certificate"] = location.ca

    def make() -> Any:
        try:
            return GCSStore(location.bucket, prefix=location.prefix or None, config=config, client_options=client, retry_config=RETRY)
        except (ValueError, TypeError) as error:
            msg = f"The settings of {location.name} cannot work: {error}"
            raise errors.BadLocation(msg) from error

    return Bucket(make(), where=f"Google Cloud Storage bucket {location.bucket}", signer=make)
