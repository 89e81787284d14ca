"""How a service principal gets at an Azure storage account: by its access key, looked up as Velero does, or by a token.

A principal with a role such as Contributor may list the keys of the account and may not touch its data: that is what people
make for MTC. Where listing keys is denied, the principal's own token is used, for those that have a data role instead.
"""

import asyncio
import hashlib
import json
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from mtc.store import errors
from mtc.store.port import Location

#: Azure counts look-ups of keys, and each plan has locations of its own: a key that was found is used for this long.
_KEPT_S = 300.0
_TIMEOUT_S = 8.0
_VERSION = "2023-05-01"
_STORAGE = "https://storage.azure.com/.default"


@dataclass(frozen=True)
class Cloud:
    """Where a cloud of Azure is.

    Attributes:
        suffix: of the hosts of its storage.
        login: where tokens come from.
        manager: where resources are managed.
    """

    suffix: str
    login: str
    manager: str


PUBLIC = Cloud("core.windows.net", "https://login.microsoftonline.com", "https://management.azure.com")
_CHINA = Cloud("core.chinacloudapi.cn", "https://login.chinacloudapi.cn", "https://management.chinacloudapi.cn")
_GOVERNMENT = Cloud("core.usgovcloudapi.net", "https://login.microsoftonline.us", "https://management.usgovcloudapi.net")
_CLOUDS = {
    "": PUBLIC,
    "AZURECLOUD": PUBLIC,
    "AZUREPUBLICCLOUD": PUBLIC,
    "AZURECHINACLOUD": _CHINA,
    "AZUREUSGOVERNMENT": _GOVERNMENT,
    "AZUREUSGOVERNMENTCLOUD": _GOVERNMENT,
}


@dataclass(frozen=True)
class Place:
    """A storage account among the resources of Azure."""

    subscription: str
    group: str
    account: str


def cloud_of(location: Location, keys: Mapping[str, str]) -> Cloud:
    """The cloud that the credential names; `activeDirectoryAuthorityURI` and `resourceManagerURI` may lead elsewhere. Raises BadLocation."""
    name = keys.get("AZURE_CLOUD_NAME", "")
    found = _CLOUDS.get(name.upper())
    if found is None:
        msg = f"AZURE_CLOUD_NAME {name!r} in the credential of {location.name} is not known. Use one of AzurePublicCloud, AzureChinaCloud, AzureUSGovernmentCloud."
        raise errors.BadLocation(msg)
    login = location.config.get("activeDirectoryAuthorityURI", "").rstrip("/") or found.login
    manager = location.config.get("resourceManagerURI", "").rstrip("/") or found.manager
    for key, url in (("activeDirectoryAuthorityURI", login), ("resourceManagerURI", manager)):
        if not url.startswith("https://"):
            msg = f"{key} {url!r} of {location.name} must begin with https://: secrets are sent there."
            raise errors.BadLocation(msg)
    return Cloud(found.suffix, login, manager)


def place_of(location: Location, keys: Mapping[str, str]) -> Place | None:
    """Where to look the key up; None where the principal is to use its own token. Raises BadLocation."""
    use_aad = location.config.get("useAAD", "").lower()
    if use_aad not in {"", "true", "false", "1", "0"}:
        msg = f"useAAD {use_aad!r} of {location.name} is neither true nor false."
        raise errors.BadLocation(msg)
    subscription = location.config.get("subscriptionId") or keys.get("AZURE_SUBSCRIPTION_ID", "")
    group = location.config.get("resourceGroup") or keys.get("AZURE_RESOURCE_GROUP", "")
    if use_aad in {"true", "1"} or not subscription or not group:
        return None
    return Place(subscription, group, location.config.get("storageAccount", ""))


@dataclass(frozen=True)
class _Found:
    credential: dict[str, Any] = field(repr=False)
    until: float


_found: dict[str, _Found] = {}


class LookUp:
    """What obstore calls for a credential; the same as before for a few minutes, whichever location asks.

    Attributes:
        problem: why the last look-up failed, None when it did not: obstore passes on no more than a text.
    """

    def __init__(self, cloud: Cloud, place: Place | None, keys: Mapping[str, str], tls: ssl.SSLContext) -> None:
        self._cloud = cloud
        self._place = place
        self._keys = keys
        self._tls = tls
        secret = json.dumps([repr(cloud), repr(place), sorted(keys.items())])
        self._name = hashlib.sha256(secret.encode()).hexdigest()
        self.problem: errors.StoreError | None = None

    def forget(self) -> None:
        """The storage refuses the credential: look it up anew next time."""
        _found.pop(self._name, None)

    async def __call__(self) -> dict[str, Any]:
        """The credential. Raises StoreError."""
        now = time.monotonic()
        for name in [name for name, found in _found.items() if found.until <= now]:
            del _found[name]
        if known := _found.get(self._name):
            self.problem = None
            return known.credential
        try:
            credential = await asyncio.to_thread(self._look)
        except errors.StoreError as error:
            self.problem = error
            raise
        self.problem = None
        left = (credential["expires_at"] - datetime.now(UTC)).total_seconds()
        _found[self._name] = _Found(credential, now + min(left, _KEPT_S))
        return credential

    async def refusal(self) -> str:
        """What the login service says where it refuses the principal; "" where it accepts it or cannot be asked."""
        try:
            await asyncio.to_thread(self._token, f"{self._cloud.manager}/.default")
        except errors.Refused as error:
            return str(error)
        except errors.StoreError:
            return ""
        return ""

    def _look(self) -> dict[str, Any]:
        place = self._place
        if place is None:
            return self._own()
        token, _ = self._token(f"{self._cloud.manager}/.default")
        parts = ("subscriptions", place.subscription, "resourceGroups", place.group, "providers", "Microsoft.Storage")
        path = "/".join(urllib.parse.quote(part, safe="") for part in (*parts, "storageAccounts", place.account, "listKeys"))
        try:
            answer = self._post(f"{self._cloud.manager}/{path}?api-version={_VERSION}", b"", {"Authorization": f"Bearer {token}"})
        except errors.AccessDenied:
            return self._own()
        full = [key["value"] for key in answer.get("keys") or [] if key.get("value") and str(key.get("permissions")).upper() == "FULL"]
        if not full:
            msg = f"storage account {place.account} has no access key with full permissions. Allow keys for it, or use a data role with useAAD"
            raise errors.AccessDenied(msg)
        expires = datetime.now(UTC) + timedelta(seconds=_KEPT_S)
        return {"access_key": full[0], "expires_at": expires}

    def _own(self) -> dict[str, Any]:
        """The principal's own token for storage."""
        token, seconds = self._token(_STORAGE)
        return {"token": token, "expires_at": datetime.now(UTC) + timedelta(seconds=seconds)}

    def _token(self, scope: str) -> tuple[str, float]:
        keys = self._keys
        form = {
            "grant_type": "client_credentials",
            "client_id": keys["AZURE_CLIENT_ID"],
            "client_secret": keys["AZURE_CLIENT_SECRET"],
            "scope": scope,
        }
        tenant = urllib.parse.quote(keys["AZURE_TENANT_ID"], safe="")
        url = f"{self._cloud.login}/{tenant}/oauth2/v2.0/token"
        answer = self._post(url, urllib.parse.urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded"})
        if not answer.get("access_token"):
            msg = f"{urllib.parse.urlsplit(url).netloc} gave an answer without a token"
            raise errors.StoreError(msg)
        return str(answer["access_token"]), float(answer.get("expires_in") or _KEPT_S)

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        host = urllib.parse.urlsplit(url).netloc
        request = urllib.request.Request(url, data=body, headers=headers, method="POST")  # noqa: S310 - https, see cloud_of
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S, context=self._tls) as answer:  # noqa: S310 - the same
                found: dict[str, Any] = json.loads(answer.read())
                return found
        except urllib.error.HTTPError as error:
            raise _refusal(host, error.code, error.read()) from error
        except OSError as error:
            msg = f"{host} gives no answer ({getattr(error, 'reason', error)})"
            raise errors.StoreUnreachable(msg) from error
        except ValueError as error:
            msg = f"{host} gave an answer that is no JSON"
            raise errors.StoreError(msg) from error


def _refusal(host: str, status: int, body: bytes) -> errors.StoreError:
    """The error for an answer that says no; the codes are those of Microsoft, who tell more in the first line."""
    try:
        said = json.loads(body)
        inner = said.get("error")
        code, text = (inner.get("code"), inner.get("message")) if isinstance(inner, dict) else (inner, said.get("error_description"))
    except (ValueError, AttributeError):
        code, text = None, None
    words = str(text or "").splitlines()[0].split(" Trace ID:")[0].rstrip(". ") if text else ""
    brief = f"{host} says {code or f'HTTP {status}'}{f': {words}' if words else ''}"
    if code in {"invalid_client", "unauthorized_client", "invalid_request"}:
        return errors.Refused(brief)
    if status in {401, 403}:
        return errors.AccessDenied(brief)
    if status == 404:  # noqa: PLR2004 - not found
        return errors.BadLocation(f"{brief}; check subscription, resource group and storage account")
    return errors.StoreError(brief)
