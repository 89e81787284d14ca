"""The steps that people see in `status.pipeline`. Pure: every function returns a new list."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from mtc.api.migration.migmigration import Step

NOT_STARTED = "Not started"
COMPLETED = "Completed"
FAILED = "Failed"
SKIPPED = "Skipped"


def expect(steps: Sequence[Step], names: Iterable[str]) -> list[Step]:
    """The steps with those to come behind them, each name once."""
    known = {step.name for step in steps}
    fresh = [name for name in dict.fromkeys(names) if name not in known]
    return [*steps, *(Step(name=name, message=NOT_STARTED) for name in fresh)]


def report(steps: Sequence[Step], name: str, progress: Sequence[str]) -> list[Step]:
    """The steps with new lines of progress for one of them; no lines leave those that are there."""
    return [step.model_copy(update={"progress": list(progress)}) if progress and step.name == name else step for step in steps]


def enter(steps: Sequence[Step], name: str, *, phase: str, message: str, now: datetime) -> list[Step]:
    """The steps when a phase of the step `name` runs: this one has started, those before it are over."""
    steps = expect(steps, [name])
    at = next(index for index, step in enumerate(steps) if step.name == name)
    changed: dict[str, object] = {"phase": phase or None, "message": message, "started": steps[at].started or now}
    if steps[at].skipped:
        changed["skipped"] = False
    current = steps[at].model_copy(update={**changed, "completed": None})
    over = [_over(step, now=now) for step in steps[:at]]
    # A step behind the current one that has started is over as well: an itinerary may come back to an earlier step.
    behind = [_over(step, now=now) if step.started else step for step in steps[at + 1 :]]
    return [*over, current, *behind]


def finish(steps: Sequence[Step], *, now: datetime) -> list[Step]:
    """The steps when the migration is over."""
    return [_over(step, now=now) for step in steps]


def fail(steps: Sequence[Step], name: str) -> list[Step]:
    """The steps when a phase of the step `name` has failed."""
    return [step.model_copy(update={"failed": True}) if step.name == name else step for step in steps]


def _over(step: Step, *, now: datetime) -> Step:
    if step.completed or step.skipped:
        return step
    if not step.started:
        return step.model_copy(update={"skipped": True, "phase": None, "message": SKIPPED, "progress": []})
    message = FAILED if step.failed else COMPLETED
    return step.model_copy(update={"completed": now, "phase": None, "message": message})
