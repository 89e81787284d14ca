"""What can stop a declaration or a migration. Causes that a person removes are conditions; these carry them upwards.

    MigrationError
    └── ClusterUnusable        a MigCluster gives no client; `condition` names the condition that says the same
        ├── ClusterNotFound    there is no such MigCluster
        ├── InvalidUrl         spec.url: NotSet, Malformed, InvalidScheme
        ├── InvalidSecretRef   spec.serviceAccountSecretRef: NotSet, NotFound
        ├── InvalidToken       key saToken of the Secret: NotFound, NotSet
        └── ConnectFailed      the API server does not answer, or not to us

Trouble with a single object of an application is no exception but an entry in a status.
"""

from mtc import errors
from mtc.api import conditions


class MigrationError(errors.MtcError):
    """Root of everything that the migration layer raises."""

    reason = "MigrationError"


class ClusterUnusable(MigrationError):
    """A MigCluster gives no client.

    Attributes:
        condition: type of the condition that the MigCluster shows for it.
    """

    condition = conditions.TEST_CONNECT_FAILED

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class ClusterNotFound(ClusterUnusable):
    """There is no such MigCluster."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason=conditions.NOT_FOUND)


class InvalidUrl(ClusterUnusable):
    """`spec.url` is missing or no URL of an API server."""

    condition = conditions.INVALID_URL


class InvalidSecretRef(ClusterUnusable):
    """`spec.serviceAccountSecretRef` does not lead to a Secret."""

    condition = conditions.INVALID_SA_SECRET_REF


class InvalidToken(ClusterUnusable):
    """The Secret has no usable `saToken`."""

    condition = conditions.INVALID_SA_TOKEN
    exit_code = 5


class ConnectFailed(ClusterUnusable):
    """The API server does not answer, or not to us."""

    exit_code = 6

    def __init__(self, message: str) -> None:
        super().__init__(message, reason=conditions.CONNECT_FAILED)
