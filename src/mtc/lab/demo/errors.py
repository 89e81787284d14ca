"""What can go wrong in the demo, besides what its parts raise.

LabError
└── DemoError
    ├── StepFailed    a step did not come to its end
    │   └── MigrationEnded  the migration came to another end than plain success
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


class MigrationEnded(StepFailed):
    """The migration failed, was canceled, or ended with warnings; the custom resources say why."""

    reason = "DemoMigrationEnded"


class NotProved(DemoError):
    """Something in the target differs from the source."""

    reason = "DemoNotProved"
    exit_code = 76
