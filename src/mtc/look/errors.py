"""What can go wrong when a person looks at something.

LookError
├── UnknownKind     the word is no kind of the toolkit
└── NothingFound    no cluster has the object
"""

from mtc import errors


class LookError(errors.MtcError):
    """Root of these errors."""

    reason = "LookFailed"


class UnknownKind(LookError):
    """A word is no kind of the toolkit."""

    reason = "UnknownKind"
    exit_code = 2


class NothingFound(LookError):
    """No cluster that could be asked has it."""

    reason = "NotFound"
