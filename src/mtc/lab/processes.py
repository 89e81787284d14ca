"""Programs that go on when `mtc lab up` has ended, and how to know them again.

A record is a small file with the process id and the time it started: an id alone may belong to another program by the time
somebody looks.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtc.lab import errors, programs

_SUFFIX = ".process.json"
_END_S = 10
_PAUSE_S = 0.05
_STATE_FIELD, _START_FIELD = 0, 19


@dataclass(frozen=True)
class Record:
    """A started program.

    Attributes:
        name: what it is called in the lab.
        pid: its process id.
        start_ticks: when it started, in the kernel's ticks since boot.
        log: file with its output.
    """

    name: str
    pid: int
    start_ticks: int
    log: Path

    @property
    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        return _start_ticks(self.pid) == self.start_ticks


def read(directory: Path, name: str) -> Record | None:
    """The record of that name, whether the program is alive or not; None where there is none that makes sense."""
    try:
        document = json.loads((directory / f"{name}{_SUFFIX}").read_text())
        return Record(name, int(document["pid"]), int(document["start_ticks"]), Path(document["log"]))
    except (FileNotFoundError, ValueError, KeyError):
        return None


def is_alive(directory: Path, name: str) -> bool:
    """Whether the program of that name is recorded there and runs."""
    record = read(directory, name)
    return record is not None and record.is_alive


def ensure(
    directory: Path,
    name: str,
    argv: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> bool:
    """Start the program unless it runs; whether it was started.

    Args:
        directory: where its record is kept.
        name: what it is called in the lab.
        argv: program and arguments.
        log: file that its output is appended to.
        env: variables to add to the environment.
        cwd: folder to run in.
    """
    if is_alive(directory, name):
        return False
    directory.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        try:
            # Not asyncio's: it kills its children when its loop ends.
            started = subprocess.Popen(  # noqa: S603 - arguments are the lab's own
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=None if env is None else {**os.environ, **env},
                cwd=cwd or Path("/"),
                start_new_session=True,
            )
        except OSError as error:
            raise errors.ProgramFailed(f"{name}: {argv[0]} could not be started: {error.strerror}.", code=None) from error
    _started.append(started)
    record = Record(name, started.pid, _start_ticks(started.pid) or 0, log)
    path = directory / f"{name}{_SUFFIX}"
    made = path.with_name(f".{path.name}.new")
    made.write_text(json.dumps({"pid": record.pid, "start_ticks": record.start_ticks, "log": str(log)}))
    made.rename(path)
    return True


# Popen objects are kept so that a program that ends early is not reported as forgotten by the interpreter.
_started: list["subprocess.Popen[bytes]"] = []


def require_alive(directory: Path, names: Sequence[str]) -> None:
    """Do nothing when all of them run.

    Raises:
        errors.ProgramFailed: one does not; the message has the end of its log.
    """
    for name in names:
        record = read(directory, name)
        if record is None:
            raise errors.ProgramFailed(f"{name} was not started.", code=None)
        if not record.is_alive:
            wrote = programs.last_lines(record.log.read_text(errors="replace"))
            raise errors.ProgramFailed(f"{name} has ended; the end of {record.log}:\n{wrote}", code=None)


async def stop(directory: Path, name: str, *, end_s: float = _END_S) -> None:
    """End the program of that name, if it runs, and forget it; killed when it has not ended itself after so many seconds."""
    record = read(directory, name)
    if record is not None and record.is_alive:
        with contextlib.suppress(ProcessLookupError):
            os.kill(record.pid, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(end_s):
                while record.is_alive:  # noqa: ASYNC110 - there is no event to wait for
                    await asyncio.sleep(_PAUSE_S)
        if record.is_alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(record.pid, signal.SIGKILL)
    (directory / f"{name}{_SUFFIX}").unlink(missing_ok=True)


def _start_ticks(pid: int) -> int | None:
    """When the process started; None where there is none, or only its exit status is left."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The program's name is in parentheses and may itself hold spaces and parentheses.
    fields = text.rpartition(")")[2].split()
    return None if fields[_STATE_FIELD] in "ZX" else int(fields[_START_FIELD])
