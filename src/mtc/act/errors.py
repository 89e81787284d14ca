"""What can go wrong when a person wants something done.

ActError
├── NotPossible   the state of things forbids it; the message says what to do first
├── Refused       an object was made and the toolkit does not accept it; the message is its condition
├── Incomplete    something that is needed was not given (exit code 2)
├── TimedOut      it was not over in time (exit code 4); it goes on
└── Interrupted   whoever waited for it has stopped waiting (exit code 130); it goes on
"""

from mtc import errors


class ActError(errors.MtcError):
    """Root of these errors."""

    reason = "ActFailed"


class NotPossible(ActError):
    """The state of things forbids it; nothing was changed."""

    reason = "NotPossible"


class NoSuchFile(NotPossible):
    """The storage does not have the file."""


class Refused(ActError):
    """What was made is not accepted."""

    reason = "Refused"


class Incomplete(ActError):
    """Something that is needed was not given; nothing was changed."""

    reason = "Usage"
    exit_code = 2


class TimedOut(ActError):
    """What was waited for did not come in time; it may still come."""

    reason = "TimedOut"
    exit_code = 4


class Interrupted(ActError):
    """Somebody has stopped waiting for what goes on without them."""

    reason = "Interrupted"
    exit_code = 130
