"""What can end a backup or restore as a whole. Trouble with single objects is no exception but an entry in the results.

EngineError
├── NotValid           the CR asks for something impossible: FailedValidation
├── LocationTrouble    the BackupStorageLocation or its Secret is missing or unusable
└── ArchiveBroken      the archive in the bucket cannot be read
"""

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


class LocationTrouble(EngineError):
    """The BackupStorageLocation or its Secret is missing or unusable."""

    reason = "LocationUnavailable"


class ArchiveBroken(EngineError):
    """The archive in the bucket cannot be read."""

    reason = "ArchiveBroken"
