"""What an emulator of Azure's storage lacks: the login service and the resource manager of Azure, as Microsoft documents them.

Who asks for a token in the name of a known service principal gets one for the audience asked for, signed by nobody (Azurite
reads what a token says, and does not check who signed it). The resource manager gives the keys of one storage account to
those who may list them. Everything that was asked is kept for tests to look at.
"""

import base64
import contextlib
import json
import re
import ssl
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kit import azurite, leaks
from kit.answering import answering

TENANT, CLIENT = "0f3a1c52-0000-4000-8000-00000000000a", "0f3a1c52-0000-4000-8000-00000000000b"
SUBSCRIPTION, GROUP = "0f3a1c52-0000-4000-8000-00000000000c", "group"
SECRET = leaks.remember("secret-of-the-service-principal", "the secret of the service principal")
_KEYS_PATH = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/Microsoft\.Storage/storageAccounts/(?P<account>[^/]+)/listKeys"
)


@dataclass
class Login:
    """The running services.

    Attributes:
        url: of both, for `activeDirectoryAuthorityURI` and `resourceManagerURI`.
        asked: paths in the order in which they were asked for, tokens with their scope.
        may_list_keys: whether the principal has a role that lets it list keys.
        key: the access key that is handed out.
    """

    url: str = ""
    asked: list[str] = field(default_factory=list)
    may_list_keys: bool = True
    key: str = azurite.ACCESS_KEY

    def config(self, **more: str) -> dict[str, str]:
        """Settings of a location that asks here."""
        return {"activeDirectoryAuthorityURI": self.url, "resourceManagerURI": self.url, **more}


def credential(secret: str = SECRET, *, group: str = GROUP) -> bytes:
    """The file that people make for a service principal."""
    lines = {
        "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
        "AZURE_TENANT_ID": TENANT,
        "AZURE_CLIENT_ID": CLIENT,
        "AZURE_CLIENT_SECRET": secret,
        "AZURE_RESOURCE_GROUP": group,
        "AZURE_CLOUD_NAME": "AzurePublicCloud",
    }
    return "".join(f"{key}={value}\n" for key, value in lines.items()).encode()


@contextlib.contextmanager
def login_server(tls: azurite.Tls) -> Iterator[Login]:
    """The services, in threads of this process; they end with the block."""
    login = Login()

    def answer(path: str, headers: Mapping[str, str], body: str) -> tuple[int, bytes]:
        status, found = _answer(login, path, body, headers.get("authorization") or "")
        return status, json.dumps(found).encode()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.certificate, tls.key)
    with answering(answer, content_type="application/json", name="azure-login", tls=context) as login.url:
        yield login


def _answer(login: Login, path: str, body: str, proof: str) -> tuple[int, dict[str, Any]]:
    place = urllib.parse.urlsplit(path)
    if place.path == f"/{TENANT}/oauth2/v2.0/token":
        return _token(login, dict(urllib.parse.parse_qsl(body)))
    login.asked.append(place.path)
    if match := _KEYS_PATH.fullmatch(place.path):
        return _keys(login, match.groupdict(), place.query, proof)
    return 404, _error("InvalidResourceType", f"Nothing is known of {place.path}.")


def _token(login: Login, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
    login.asked.append(form["scope"])
    if form["grant_type"] != "client_credentials" or form["client_id"] != CLIENT:
        return 400, {"error": "unauthorized_client", "error_description": "AADSTS700016: Application was not found in the directory."}
    if form["client_secret"] != SECRET:
        text = f"AADSTS7000215: Invalid client secret provided for app '{CLIENT}'. Trace ID: 5d1f Correlation ID: 77"
        return 401, {"error": "invalid_client", "error_description": text, "error_codes": [7000215]}
    now = int(time.time())
    claims = {
        "aud": form["scope"].removesuffix("/.default"),
        "iss": f"https://sts.windows.net/{TENANT}/",
        "iat": now,
        "nbf": now - 60,
        "exp": now + 3599,
        "appid": CLIENT,
        "tid": TENANT,
    }
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    token = ".".join([*(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts), "c2lnbmF0dXJl"])
    return 200, {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token}


def _keys(login: Login, asked: dict[str, str], query: str, proof: str) -> tuple[int, dict[str, Any]]:
    claims = proof.removeprefix("Bearer ").split(".")[1]
    audience = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["aud"]
    if audience != login.url or "api-version" not in query:
        return 401, _error("InvalidAuthenticationTokenAudience", "The token is for somebody else.")
    if asked["subscription"] != SUBSCRIPTION or asked["group"] != GROUP:
        return 404, _error("ResourceGroupNotFound", f"Resource group '{asked['group']}' could not be found.")
    if not login.may_list_keys:
        text = f"The client '{CLIENT}' does not have authorization to perform action 'Microsoft.Storage/storageAccounts/listKeys/action'."
        return 403, _error("AuthorizationFailed", text)
    weak = {"keyName": "key1", "value": azurite.WRONG_KEY, "permissions": "READ"}
    return 200, {"keys": [weak, {"keyName": "key2", "value": login.key, "permissions": "FULL"}]}


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}
