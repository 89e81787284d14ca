"""For how long an application stands still, from what earlier runs of its plan took. Pure.

The best figure is that of an earlier cutover of the plan (which was rolled back, or it could not be done again); the next is the
estimate of a dry run; a stage run tells only how long the copy of the volumes takes. Without any of them nothing is claimed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mtc.api import conditions
from mtc.api.migration.migmigration import MigMigration, Step

#: From here on the application stands still; it does until it runs in the target.
_STOPS, _RUNS_AGAIN = "QuiesceSourceApplications", ("UnQuiesceDestApplications", "FinalRestoreCreated")
_STEP_OF_STOP, _LAST_STEPS = "StageBackup", ("Restore",)
_COPY = ("StageBackup", "StageRestore", "DirectVolume")


@dataclass(frozen=True)
class Estimate:
    """How long it takes.

    Attributes:
        seconds: the figure.
        run: name of the run that it comes from.
        basis: `cutover`, `dry-run` or `stage`: what kind of run that was.
    """

    seconds: float
    run: str
    basis: str


def downtime(runs: Sequence[MigMigration]) -> Estimate | None:
    """How long the application of a plan stands still during a cutover; None where no run tells.

    Args:
        runs: of the plan, the oldest first.
    """
    for basis, measure in (("cutover", _of_cutover), ("dry-run", _of_dry_run), ("stage", _of_stage)):
        for run in reversed(runs):
            seconds = measure(run)
            if seconds is not None:
                return Estimate(seconds, run.name, basis)
    return None


def _of_cutover(run: MigMigration) -> float | None:
    spec = run.spec
    if run.is_dry_run or spec.stage or spec.migrate_state or spec.rollback or not spec.quiesce_pods or not _succeeded(run):
        return None
    steps = run.status.pipeline
    phases = {phase.name: phase for step in steps for phase in step.phases}
    if _STOPS in phases and (ended := next((phases[name].completed for name in _RUNS_AGAIN if name in phases), None)):
        return _between(phases[_STOPS].started, ended)
    return _between(_started(steps, (_STEP_OF_STOP,)), _completed(steps, _LAST_STEPS))


def _of_dry_run(run: MigMigration) -> float | None:
    report = run.status.dry_run
    if run.spec.stage or report is None or report.estimate is None:
        return None
    return float(report.estimate.downtime_seconds)


def _of_stage(run: MigMigration) -> float | None:
    if run.is_dry_run or not run.spec.stage or not _succeeded(run):
        return None
    return _between(_started(run.status.pipeline, _COPY), _completed(run.status.pipeline, _COPY))


def _succeeded(run: MigMigration) -> bool:
    return conditions.has_any(run.status.conditions, conditions.SUCCEEDED, conditions.SUCCEEDED_WITH_WARNINGS)


def _started(steps: Iterable[Step], wanted: Sequence[str]) -> datetime | None:
    return min((step.started for step in steps if step.name in wanted and step.started), default=None)


def _completed(steps: Iterable[Step], wanted: Sequence[str]) -> datetime | None:
    return max((step.completed for step in steps if step.name in wanted and step.completed), default=None)


def _between(begin: datetime | None, end: datetime | None) -> float | None:
    if begin is None or end is None or end < begin:
        return None
    return (end - begin).total_seconds()
