"""Running a program: lines, deadline, cancellation, and what is left behind."""

import asyncio
import os
import select
from pathlib import Path

import pytest

from mtc.movers import errors, processes

pytestmark = pytest.mark.anyio
_ENV = {"PATH": os.environ["PATH"]}


@pytest.fixture
def anyio_backend() -> str:
    """Subprocesses are asyncio's."""
    return "asyncio"


async def test_lines_and_code() -> None:
    """Every line arrives whole, the last one without its newline too, and the exit code and end of stderr are told."""
    lines: list[bytes] = []
    script = "printf 'one\\ntwo'; head -c 300000 /dev/zero | tr '\\0' x; echo; echo oops >&2; exit 7"
    ended = await processes.run(["sh", "-c", script], env=_ENV, on_line=lines.append)
    assert (ended.code, ended.tail) == (7, "oops")
    assert [len(line) for line in lines] == [3, 3 + 300_000]


async def test_folder_and_environment(tmp_path: Path) -> None:
    """A program gets the folder and exactly the environment that it is given."""
    lines: list[bytes] = []
    await processes.run(["sh", "-c", "pwd; echo $MARK; echo $HOME"], env={**_ENV, "MARK": "mark"}, cwd=tmp_path, on_line=lines.append)
    assert lines == [str(tmp_path.resolve()).encode(), b"mark", b""]


async def test_missing_program() -> None:
    """A program that is not installed is told by name."""
    with pytest.raises(errors.ProgramMissing, match="no-such-program"):
        await processes.run(["no-such-program"], env=_ENV)


async def test_deadline() -> None:
    """A program that runs too long is stopped, and its last words are in the error."""
    with pytest.raises(errors.TimedOut, match="working on it"):
        await processes.run(["sh", "-c", "echo working on it >&2; exec sleep 600"], env=_ENV, deadline_s=0.5)


async def test_cancellation_asks_first_and_takes_children_along() -> None:
    """A cancelled program may clean up, and nothing that it started goes on."""
    lines: list[bytes] = []
    started = asyncio.Event()

    def take(line: bytes) -> None:
        lines.append(line)
        started.set()

    script = "trap 'echo cleaned; exit 1' INT; sleep 600 & echo $!; wait"
    task = asyncio.create_task(processes.run(["sh", "-c", script], env=_ENV, on_line=take))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert _ends(int(lines[0]))


def _ends(process: int) -> bool:
    """Whether a process that may have been killed a moment ago has ended, whether or not anybody has collected it."""
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    with os.fdopen(handle) as file:
        poll = select.poll()
        poll.register(file, select.POLLIN)
        return bool(poll.poll(10_000))
