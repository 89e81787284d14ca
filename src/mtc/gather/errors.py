"""What can go wrong with an archive.

GatherError
├── NoArchive   what was given is none
└── Leak        a secret was found in what had been written; nothing is handed out
"""

from mtc import errors


class GatherError(errors.MtcError):
    """Root of these errors."""

    reason = "GatherFailed"


class NoArchive(GatherError):
    """A file or folder is no archive of ours."""

    reason = "NoArchive"
    exit_code = 2


class Leak(GatherError):
    """A secret stands in a file of the archive."""

    reason = "SecretInArchive"
