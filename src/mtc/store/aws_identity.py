"""Whether AWS accepts an access key: `GetCallerIdentity` of its Security Token Service, for which nobody needs a permission.

Only a plain no of AWS counts. Where AWS cannot be reached, or something else answers in its place, nothing is known, and that is no failure:
much S3-compatible storage stands where AWS is not. The request is signed by Signature Version 4, which is all of AWS's own library that
would be needed here.
"""

import asyncio
import hashlib
import hmac
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException, HTTPMessage
from typing import IO

_BODY = b"Action=GetCallerIdentity&Version=2011-06-15"
_FORM = "application/x-www-form-urlencoded"
_SERVICE, _ALGORITHM = "sts", "AWS4-HMAC-SHA256"
#: With which AWS's libraries are led elsewhere, to an endpoint in a private network for instance.
ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL_STS"
_TIMEOUT_S = 4.0
_LONGEST_ANSWER = 65_536
#: By the beginning of a region's name; the others are amazonaws.com.
_DOMAINS = {
    "cn-": "amazonaws.com.cn",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
    "eu-isoe-": "cloud.adc-e.uk",
}
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d+")
#: What AWS says of keys that do not exist, are switched off, have run out, or do not fit their secret.
_REFUSALS = frozenset(
    {"InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException", "SignatureDoesNotMatch", "ExpiredToken", "AuthFailure"}
)
_CODE = re.compile(r"<Code>(\w+)</Code>")
#: Stands in every answer of the service.
_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
#: The key may be right: our clock is wrong.
_CLOCK = ("Signature expired", "Signature not yet current")


@dataclass(frozen=True)
class Key:
    """An access key with its secret."""

    id: str
    secret: str = field(repr=False)


def endpoint_of(region: str) -> str:
    """Where the service is, for a region; "" for a word that is no region."""
    if told := os.environ.get(ENDPOINT_VARIABLE, "").strip():
        return told
    domain = next((found for start, found in _DOMAINS.items() if region.startswith(start)), "amazonaws.com")
    return f"https://sts.{region}.{domain}" if _REGION.fullmatch(region) else ""


def signed(key: Key, body: bytes, *, host: str, region: str, service: str, now: datetime) -> dict[str, str]:
    """The headers of a form that is posted to a service of AWS.

    Source: "Create a signed AWS API request" in the IAM User Guide. Pure.

    Args:
        key: who sends it.
        body: the form.
        host: to which it goes, with the port unless it is the usual one.
        region: of the service.
        service: its short name.
        now: the time, in UTC.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    headers = {"content-type": _FORM, "host": host, "x-amz-date": stamp}
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    asked = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    text = f"{_ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(asked.encode()).hexdigest()}"
    secret = f"AWS4{key.secret}".encode()
    for part in scope.split("/"):
        secret = hmac.digest(secret, part.encode(), "sha256")
    signature = hmac.new(secret, text.encode(), "sha256").hexdigest()
    return headers | {"authorization": f"{_ALGORITHM} Credential={key.id}/{scope}, SignedHeaders={names}, Signature={signature}"}


async def refusal(key: Key, *, region: str, now: datetime) -> str:
    """What AWS says where it refuses a key, such as `InvalidClientTokenId`; "" where it accepts the key or cannot be asked."""
    endpoint = endpoint_of(region)
    host = _host(endpoint)
    if not host:
        return ""
    headers = signed(key, _BODY, host=host, region=region, service=_SERVICE, now=now)
    status, answer = await asyncio.to_thread(_ask, endpoint, headers)
    code = _CODE.search(answer)
    is_no = status in {400, 401, 403} and _NAMESPACE in answer and not any(words in answer for words in _CLOCK)
    return code[1] if is_no and code is not None and code[1] in _REFUSALS else ""


def _host(endpoint: str) -> str:
    """Host of an http(s) URL, with its port; "" for anything else."""
    try:
        parts = urllib.parse.urlsplit(endpoint)
    except ValueError:
        return ""
    return parts.netloc if parts.scheme in {"http", "https"} else ""


class _Nowhere(urllib.request.HTTPRedirectHandler):
    """AWS does not send elsewhere; who does is somebody in between, to whom a signed request is not passed on."""

    def redirect_request(  # noqa: PLR0913, PLR0917 - as the library calls it
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Follow none."""


def _ask(endpoint: str, headers: dict[str, str]) -> tuple[int, str]:
    """Status and text of the answer; 0 where there is none."""
    request = urllib.request.Request(f"{endpoint.rstrip('/')}/", data=_BODY, headers=headers, method="POST")  # noqa: S310 - see _host
    try:
        with urllib.request.build_opener(_Nowhere).open(request, timeout=_TIMEOUT_S) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        try:
            return error.code, error.read(_LONGEST_ANSWER).decode("utf-8", "replace")
        except (OSError, HTTPException):
            return 0, ""
    except (OSError, HTTPException, ValueError):
        return 0, ""
