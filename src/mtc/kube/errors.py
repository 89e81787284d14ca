"""What can go wrong between us and an API server.

KubeError
├── AccessError            no usable kubeconfig, context, token or certificate
├── Unreachable            no answer: refused, reset, name look-up, TLS, deadline
└── ApiError               the server answered with a Status
    ├── BadRequest 400     ├── Unauthorized 401   ├── Forbidden 403    ├── NotFound 404
    ├── NotServed 404/405  (the type itself is not served, as opposed to the object)
    ├── AlreadyExists 409  ├── Conflict 409       ├── Gone 410         ├── Invalid 422
    ├── TooManyRequests 429
    └── ServerError 5xx
ExecFailed                 a command in a container could not be run at all
"""

from collections.abc import Mapping
from typing import Any

from mtc import errors


class KubeError(errors.MtcError):
    """Root of everything that the Kubernetes client raises."""

    reason = "KubernetesError"


class AccessError(KubeError):
    """There is no usable way in: kubeconfig, context, token or certificate."""

    reason = "NoAccess"
    exit_code = 5


class Unreachable(KubeError):
    """The server gave no (whole) answer. For a write the outcome is unknown: look before writing again."""

    reason = "Unreachable"
    exit_code = 6


class ExecFailed(KubeError):
    """A command could not be started in a container (as opposed to ending with a non-zero exit code)."""

    reason = "ExecFailed"


class ApiError(KubeError):
    """The server answered with an error.

    Attributes:
        code: HTTP status.
        status: the `metav1.Status` of the answer, `{}` where the body was something else.
        detail: the server's own message.
    """

    reason = "ApiError"

    def __init__(self, message: str, *, code: int, status: Mapping[str, Any], detail: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.detail = detail

    @property
    def causes(self) -> list[str]:
        """Messages of `details.causes`, for instance one for each invalid field."""
        causes = (self.status.get("details") or {}).get("causes") or []
        return [str(cause.get("message", "")) for cause in causes if isinstance(cause, Mapping)]

    @property
    def retry_after_s(self) -> float | None:
        """Seconds that the server asked us to wait, where it did."""
        value = (self.status.get("details") or {}).get("retryAfterSeconds")
        return float(value) if isinstance(value, int | float) else None


class BadRequest(ApiError):
    """The request makes no sense to the server."""

    reason = "BadRequest"


class Unauthorized(ApiError):
    """Token or certificate are not accepted."""

    reason = "Unauthorized"
    exit_code = 5


class Forbidden(ApiError):
    """The account lacks a right, or an admission plug-in refused."""

    reason = "Forbidden"
    exit_code = 5


class NotFound(ApiError):
    """The object does not exist."""

    reason = "NotFound"


class NotServed(ApiError):
    """The server does not know the type or the verb on it."""

    reason = "NotServed"


class AlreadyExists(ApiError):
    """An object of this name exists."""

    reason = "AlreadyExists"


class Conflict(ApiError):
    """The object changed since it was read, or field managers disagree."""

    reason = "Conflict"


class Gone(ApiError):
    """The resourceVersion or continue token is too old."""

    reason = "Gone"


class Invalid(ApiError):
    """The object is not valid."""

    reason = "Invalid"


class TooManyRequests(ApiError):
    """The server asks to slow down, and went on asking for longer than we wait."""

    reason = "TooManyRequests"


class ServerError(ApiError):
    """The server failed."""

    reason = "ServerError"


_BY_CODE: dict[int, type[ApiError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: NotServed,
    409: Conflict,
    410: Gone,
    422: Invalid,
    429: TooManyRequests,
}


def from_status(*, server: str, method: str, path: str, code: int, status: Mapping[str, Any], text: str) -> ApiError:
    """The error of the tree that fits an answer.

    Args:
        server: name of the cluster for the message.
        method: of the request.
        path: of the request.
        code: HTTP status, 400 or more.
        status: parsed Status or `{}`.
        text: first part of the body when it was no Status.
    """
    reason = status.get("reason")
    detail = str(status.get("message") or text.strip() or "no message")
    kind = _BY_CODE.get(code, ServerError if code >= 500 else ApiError)
    if reason == "AlreadyExists":
        kind = AlreadyExists
    elif reason == "Expired":
        kind = Gone
    elif code == 404 and (not status or _is_unknown_type(status, detail)):
        # For a group that it has never heard of, a server answers with plain text in place of a Status.
        kind = NotServed
    return kind(f"{method} {path} on cluster {server}: {detail} (HTTP {code})", code=code, status=status, detail=detail)


def _is_unknown_type(status: Mapping[str, Any], detail: str) -> bool:
    return not (status.get("details") or {}).get("name") and "the server could not find the requested resource" in detail
