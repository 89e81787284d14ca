"""What can go wrong with object storage.

StoreError
├── BadLocation       settings or credentials that cannot work, found before anything was sent
├── ObjectNotFound    no such object
├── BucketNotFound    no such bucket
├── AccessDenied      credentials are wrong, expired or lack a right
│   └── Refused       that they are wrong or expired is what was said
├── StoreFull         no space or quota left
└── StoreUnreachable  no answer: name look-up, refused, TLS, deadline
"""

from mtc import errors


class StoreError(errors.MtcError):
    """Root of everything that object storage raises."""

    reason = "StorageError"


class BadLocation(StoreError):
    """Settings or credentials of a location cannot work."""

    reason = "InvalidSettings"
    exit_code = 2


class ObjectNotFound(StoreError):
    """The object does not exist."""

    reason = "NotFound"


class BucketNotFound(StoreError):
    """The bucket does not exist."""

    reason = "BucketNotFound"


class AccessDenied(StoreError):
    """The credentials are not accepted, or do not permit this."""

    reason = "AccessDenied"
    exit_code = 5


class Refused(AccessDenied):
    """Who checks credentials says that these are none: nothing else is in the way."""


class StoreFull(StoreError):
    """There is no space left for the object."""

    reason = "StorageFull"


class StoreUnreachable(StoreError):
    """The storage gives no answer."""

    reason = "Unreachable"
    exit_code = 6
