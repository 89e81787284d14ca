"""kill -9 of each process of the toolkit in each phase of each itinerary: the migration ends as it would have.

The phases come from the itineraries, so a new one is in it by itself, unless it is light and passed without a word. One of all pairs runs each
time. `make nightly` runs them all, in few migrations: a process dies in one phase after the other, each time as soon as it lives again.
MTC_TEST_PHASES=Final-StageBackupCreated-source-agent,... runs those.
"""

import asyncio
import os
from collections.abc import Iterable

import pytest

from kit import courses, draw, labs, processes
from kit.courses import Application, Course
from kit.processes import Process
from mtc.kube import resources

_SAMPLE = 1
#: Some phases are over before anybody sees them.
_MIGRATIONS = 8
_MOMENT_S = 0.005
_FOLLOW_S = 900

CHAINS = {f"{title}-{process.title}": (course, process) for title, course in courses.ALL.items() for process in course.processes}
MATRIX = {
    f"{title}-{phase}-{process.title}": (course, process, phase)
    for title, course in courses.ALL.items()
    for phase in course.phases
    for process in course.processes
}


def _chosen() -> list[str]:
    wanted = os.environ.get("MTC_TEST_PHASES", "")
    return wanted.split(",") if wanted else draw.some(sorted(MATRIX), _SAMPLE)


@pytest.mark.parametrize("title", _chosen())
async def test_a_process_may_die_in_a_phase(lab: labs.Lab, title: str) -> None:
    """It is started again, and the migration ends as it would have."""
    course, process, phase = MATRIX[title]
    await _killed(lab, course, process, [phase])


@pytest.mark.nightly
@pytest.mark.parametrize("title", CHAINS)
async def test_every_process_may_die_in_every_phase(lab: labs.Lab, title: str) -> None:
    """As the sample, in all phases."""
    course, process = CHAINS[title]
    await _killed(lab, course, process, course.phases)


async def _killed(lab: labs.Lab, course: Course, process: Process, phases: Iterable[str]) -> None:
    """As many migrations as it takes to have killed a process in each of the phases."""
    left = set(phases)
    for _ in range(_MIGRATIONS):
        for each in {process, processes.CONTROLLER}:
            await processes.until_ready(lab, each)
        application = await course.settle(lab)
        await course.before(lab, application)
        left -= await _follow(lab, course, application, process, left)
        done = await lab.over(application.migration)
        await processes.until_ready(lab, process)
        await course.ends(lab, application, done)
        # Shown with a failure.
        print(f"{application.migration}: {process.title} is still to be killed in {sorted(left)}")
        if not left:
            return
    pytest.fail(f"{process.title} could not be killed in {', '.join(sorted(left))}")


async def _follow(lab: labs.Lab, course: Course, application: Application, process: Process, left: set[str]) -> set[str]:
    """The phases in which the process was killed.

    Phases may be shorter than it takes to come to them, so the controller goes on for a moment only between two looks. It does not wait for a
    process that was killed, unless the next phase is one in which that has to die again.
    """
    died: set[str] = set()
    async with processes.Brake(lab) as brake:
        await brake.stop()
        await course.begin(lab, application)
        async with asyncio.timeout(_FOLLOW_S):
            while True:
                item = await lab.target.get(resources.MIG_MIGRATIONS, application.migration, namespace=labs.TOOLKIT)
                if labs.is_over(item):
                    return died
                if (phase := course.phase_of(item)) in left - died:
                    await _die(lab, process)
                    died.add(phase)
                await brake.step(_MOMENT_S)


async def _die(lab: labs.Lab, process: Process) -> None:
    if process != processes.CONTROLLER:
        # It may be about to come back from its last death.
        await processes.until_ready(lab, process)
    processes.end(await processes.found(lab, process))
    await processes.start_anew(lab, process)
