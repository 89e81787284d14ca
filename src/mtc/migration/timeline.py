"""What a pass adds to the step at work: its figures, and the times of its phases. Pure.

The times are those of the passes themselves: a phase begins with its first pass and ends with the one that is through, so
that what lies between the end of one and the beginning of the next is the time in which nothing was waited for.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from mtc.api.figures import PhaseTimes, StepFigures
from mtc.api.migration.migmigration import Step
from mtc.migration import observed
from mtc.migration.outcome import Outcome, Stall, Wait
from mtc.migration.phase import Phase

_CREATED = "Created"
_DIGEST_LENGTH = 12


def note(steps: Sequence[Step], phase: Phase, outcome: Outcome, *, begun: datetime, now: datetime) -> list[Step]:
    """The steps after a pass.

    Args:
        steps: as they were before it.
        phase: what ran.
        outcome: what it answered.
        begun: when the pass began.
        now: when it answered.
    """
    return [_noted(step, phase, outcome, begun=begun, now=now) if step.name == phase.step else step for step in steps]


def held_s(steps: Sequence[Step], phase: Phase, outcome: Outcome, *, now: datetime) -> float:
    """For how many seconds the figures of a pass are held back, because others were written a moment ago; 0 where they are not."""
    step = of_phase(steps, phase)
    if step is None or not isinstance(outcome, Wait) or not outcome.figures:
        return 0.0
    early_s = observed.early_s(step.figures, now)
    return early_s if early_s and _figures(step, outcome, now=now) != step.figures else 0.0


def of_phase(steps: Sequence[Step], phase: Phase) -> Step | None:
    """The step of a phase, None where it has not been entered."""
    return next((step for step in steps if step.name == phase.step), None)


def quiet_since(steps: Sequence[Step], phase: Phase) -> datetime | None:
    """When what the phase waits for was last seen to change; None before its first pass."""
    step = of_phase(steps, phase)
    times = _times(step, phase) if step else None
    return times.moved if times else None


def _noted(step: Step, phase: Phase, outcome: Outcome, *, begun: datetime, now: datetime) -> Step:
    if held_s([step], phase, outcome, now=now):
        return step
    times = _after(_times(step, phase), phase, outcome, begun=begun, now=now)
    others = [entry for entry in step.phases if entry.name != times.name]
    return step.model_copy(update={"figures": _figures(step, outcome, now=now), "phases": [*others, times]})


def _times(step: Step, phase: Phase) -> PhaseTimes | None:
    """The times of a phase that is at work; one that is begun again after its end begins anew."""
    name = phase.name or _CREATED
    return next((entry for entry in step.phases if entry.name == name and not entry.completed), None)


def _after(times: PhaseTimes | None, phase: Phase, outcome: Outcome, *, begun: datetime, now: datetime) -> PhaseTimes:
    times = times or PhaseTimes(name=phase.name or _CREATED, started=begun)
    if not isinstance(outcome, Wait | Stall):
        return times.model_copy(update={"completed": now, "moved": now, "digest": None})
    digest = _digest(outcome)
    return times if digest == times.digest else times.model_copy(update={"moved": now, "digest": digest})


def _digest(outcome: Wait | Stall) -> str:
    if isinstance(outcome, Stall):
        text = outcome.reason
    elif outcome.mark or not outcome.figures:
        text = outcome.mark or "\n".join([outcome.reason, outcome.message, *outcome.progress])
    else:
        text = observed.mark(outcome.figures)
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]


def _figures(step: Step, outcome: Outcome, *, now: datetime) -> StepFigures | None:
    found = () if isinstance(outcome, Stall) else outcome.figures
    return observed.step(step.figures, found, now=now) if found else step.figures
