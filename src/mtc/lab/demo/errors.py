"""What can go wrong in the demo, besides what its parts raise.

LabError
└── DemoError
    ├── StepFailed    a step did not come to its end
    └── NotProved     the migration came to its end, but something is not the same in the target
"""

from mtc.lab import errors


class DemoError(errors.LabError):
    """The demo has not shown what it is to show."""

    reason = "DemoFailed"


class StepFailed(DemoError):
    """A step of the demo failed."""

    reason = "DemoStepFailed"
    exit_code = 75


class NotProved(DemoError):
    """Something in the target differs from the source."""

    reason = "DemoNotProved"
    exit_code = 76
