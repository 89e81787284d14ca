"""What can go wrong while a program moves bytes.

    MoverError
    ├── ProgramMissing       the program is not installed
    ├── RepositoryNotFound   there is no repository at this place
    ├── BucketNotFound       not even its bucket exists
    ├── SnapshotNotFound     the repository has no such snapshot
    ├── RepositoryDamaged    the repository lacks files that it should have
    ├── WrongPassword        the repository does not open with our password
    ├── Locked               somebody else holds the repository for himself
    ├── Denied               the storage does not accept the credentials, or they lack a right
    ├── ImageNotFound        the registry has no such image
    ├── Altered              the target takes the image only in another form
    ├── NotArrived           an image was sent, and the registry has something else
    ├── NoSpace              the volume or the storage is full
    ├── Unreachable          the storage gives no answer
    ├── Incomplete           some files could not be read or written
    ├── TimedOut             the program ran past its deadline
    ├── Killed               the program was ended by a signal that we did not send
    └── Failed               anything else that the program reports

Messages end with the last words of the program, without secrets.
"""

from mtc import errors


class MoverError(errors.MtcError):
    """Root of everything that a mover raises."""

    reason = "DataMoverError"


class ProgramMissing(MoverError):
    """The program is not installed."""

    reason = "ProgramMissing"


class RepositoryNotFound(MoverError):
    """There is no repository at this place."""

    reason = "RepositoryNotFound"


class BucketNotFound(MoverError):
    """Not even the bucket of the repository exists."""

    reason = "BucketNotFound"


class SnapshotNotFound(MoverError):
    """The repository has no such snapshot."""

    reason = "SnapshotNotFound"


class RepositoryDamaged(MoverError):
    """The repository lacks files that it should have."""

    reason = "RepositoryDamaged"


class WrongPassword(MoverError):
    """The repository does not open with our password."""

    reason = "WrongRepositoryPassword"
    exit_code = 5


class Locked(MoverError):
    """Somebody else holds the repository for himself."""

    reason = "RepositoryLocked"


class Denied(MoverError):
    """The storage does not accept the credentials, or they lack a right."""

    reason = "AccessDenied"
    exit_code = 5


class ImageNotFound(MoverError):
    """The registry has no such image."""

    reason = "ImageNotFound"


class Altered(MoverError):
    """The target takes the image only in another form, so its digest would be another."""

    reason = "ImageAltered"


class NotArrived(MoverError):
    """An image was sent, and the registry has something else, or nothing."""

    reason = "ImageNotArrived"


class NoSpace(MoverError):
    """The volume or the storage is full."""

    reason = "NoSpace"


class Unreachable(MoverError):
    """The storage gives no answer."""

    reason = "Unreachable"
    exit_code = 6


class Incomplete(MoverError):
    """Some files could not be read or written.

    Attributes:
        files: the first of them, relative to the volume.
    """

    reason = "DataIncomplete"

    def __init__(self, message: str, *, files: tuple[str, ...]) -> None:
        super().__init__(message)
        self.files = files


class TimedOut(MoverError):
    """The program ran past its deadline."""

    reason = "Timeout"


class Killed(MoverError):
    """The program was ended by a signal that we did not send."""

    reason = "Killed"


class Failed(MoverError):
    """The program reports something that has no class of its own."""

    reason = "Failed"
