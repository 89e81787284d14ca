"""What can go wrong in the lab.

LabError
├── PrerequisiteMissing   the machine lacks something that the lab cannot install itself
├── ProgramFailed         a program ended with another exit code than 0
├── ProgramTimedOut       a program or a server did not get ready in time
└── LabNotFound           a verb needs a lab that is not there
"""

from mtc import errors


class LabError(errors.MtcError):
    """The lab could not be started, stopped or used."""

    reason = "LabError"
    exit_code = 70


class PrerequisiteMissing(LabError):
    """The machine lacks something that the lab needs; nothing was changed yet."""

    reason = "LabPrerequisiteMissing"
    exit_code = 71


class ProgramFailed(LabError):
    """A program ended with another exit code than 0, or could not be started.

    Attributes:
        code: its exit code; negative when a signal ended it, None when it did not start.
    """

    reason = "LabProgramFailed"
    exit_code = 72

    def __init__(self, message: str, *, code: int | None) -> None:
        super().__init__(message)
        self.code = code


class ProgramTimedOut(LabError):
    """A program or server was not ready before its deadline."""

    reason = "LabProgramTimedOut"
    exit_code = 73


class LabNotFound(LabError):
    """The named lab is not running on this machine."""

    reason = "LabNotFound"
    exit_code = 74
