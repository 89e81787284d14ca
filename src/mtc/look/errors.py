"""What can go wrong when a person looks at something.

LookError
├── UnknownKind     the word is no kind of the toolkit
├── NothingFound    no cluster has the object
├── NotWritten      a file of the person cannot be written
└── BadTemplate     a template or path for output means nothing
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


class NotWritten(LookError):
    """A file that a person asked for cannot be written."""

    reason = "NotWritten"


class BadTemplate(LookError):
    """A jsonpath template, or a list of columns, cannot be understood."""

    reason = "BadTemplate"
    exit_code = 2
