"""The Security Token Service of AWS, as far as `GetCallerIdentity` goes: its answers word for word, the signature checked."""

import contextlib
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from kit import leaks
from kit.answering import answering

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET_KEY = leaks.remember("secret-key-of-the-snapshots", "the secret key of snapshots")
_BODY = "Action=GetCallerIdentity&Version=2011-06-15"
_PROOF = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8}/[^/]+/sts/aws4_request), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})")
_XMLNS = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"'
_KNOWN = (
    f"<GetCallerIdentityResponse {_XMLNS}><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/velero</Arn>"
    "<UserId>AIDACKCEVSQ6C2EXAMPLE</UserId><Account>123456789012</Account></GetCallerIdentityResult>"
    "<ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
)
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details."
)


@dataclass
class Sts:
    """The running service.

    Attributes:
        url: where it is.
        asked: names of the regions that requests were signed for.
        instead: status and text of every answer, where it is not to behave as AWS does.
    """

    url: str = ""
    asked: list[str] = field(default_factory=list)
    instead: tuple[int, str] | None = None


def refused(code: str, message: str) -> str:
    """An answer that says no."""
    return (
        f"<ErrorResponse {_XMLNS}>\n  <Error>\n    <Type>Sender</Type>\n    <Code>{code}</Code>\n    <Message>{message}</Message>\n  </Error>\n"
        "  <RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId>\n</ErrorResponse>\n"
    )


@contextlib.contextmanager
def sts_server() -> Iterator[Sts]:
    """The service, in threads of this process; it ends with the block."""
    service = Sts()

    def answer(_path: str, headers: Mapping[str, str], body: str) -> tuple[int, bytes]:
        status, text = service.instead or _answer(service, headers, body)
        return status, text.encode()

    with answering(answer, content_type="text/xml", name="sts") as service.url:
        yield service


def _answer(service: Sts, headers: Mapping[str, str], body: str) -> tuple[int, str]:
    proof = _PROOF.fullmatch(headers.get("authorization", ""))
    if proof is None or body != _BODY:
        return 400, refused("IncompleteSignature", "Authorization header is not as expected.")
    key_id, scope, names, signature = proof.groups()
    service.asked.append(scope.split("/")[1])
    stamp = headers["x-amz-date"]
    if abs((datetime.now(UTC) - datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)).total_seconds()) > 900:
        return 403, refused("SignatureDoesNotMatch", f"Signature expired: {stamp} is now earlier than the allowed time.")
    if key_id != ACCESS_KEY:
        return 403, refused("InvalidClientTokenId", "The security token included in the request is invalid.")
    if not hmac.compare_digest(signature, _signature(headers, names, stamp, scope, body)):
        return 403, refused("SignatureDoesNotMatch", _MISMATCH)
    return 200, _KNOWN


def _signature(headers: Mapping[str, str], names: str, stamp: str, scope: str, body: str) -> str:
    lines = [f"{name}:{headers[name].strip()}" for name in names.split(";")]
    asked = "\n".join(["POST", "/", "", *lines, "", names, hashlib.sha256(body.encode()).hexdigest()])
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(asked.encode()).hexdigest()])
    secret = f"AWS4{SECRET_KEY}".encode()
    for part in scope.split("/"):
        secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
