"""What can end a backup or restore as a whole. Trouble with single objects is no exception but an entry in the results.

EngineError
├── NotValid           the CR asks for something impossible: FailedValidation
├── NameTaken          another Backup of the same name has its files in the bucket
├── LocationTrouble    the BackupStorageLocation or its Secret is missing or unusable
└── ArchiveBroken      the archive in the bucket cannot be read
"""

import sqlite3
import tempfile

from mtc import errors


class EngineError(errors.MtcError):
    """Root of everything that the engine raises."""

    reason = "EngineError"


class NotValid(EngineError):
    """The CR asks for something impossible.

    Attributes:
        problems: one sentence each.
    """

    reason = "FailedValidation"
    exit_code = 2

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class NameTaken(EngineError):
    """Another Backup of the same name has its files in the bucket."""

    reason = "NameTaken"


class LocationTrouble(EngineError):
    """The BackupStorageLocation or its Secret is missing or unusable."""

    reason = "LocationUnavailable"


class ArchiveBroken(EngineError):
    """The archive in the bucket cannot be read."""

    reason = "ArchiveBroken"


def told(error: Exception) -> str:
    """What ended a run, as a sentence; trouble with the place for its files says what to do about it."""
    if isinstance(error, OSError | sqlite3.Error):
        return f"The run's files in {tempfile.gettempdir()} could not be written or read: {error}. See that the engine has space there, then start a new one."
    return str(error)
