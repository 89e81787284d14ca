"""Run one program: its output line by line, a deadline, and an end that leaves nothing behind.

The program gets a session of its own, so that its children end with it. When the caller is cancelled or the deadline
passes, it is asked to stop (SIGINT: restic then removes its lock) and killed after a grace. It also dies with us, however
we end: two transfers into one volume, one of them forgotten, would be worse than none.
"""

import asyncio
import contextlib
import os
import shutil
import signal
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtc.movers import errors

LineHandler = Callable[[bytes], None]
#: restic needs about a second to finish requests and remove its lock; more only delays a cancellation.
_GRACE_S = 5.0
#: Enough of stderr for the cause and its context, short enough for a status message.
_TAIL_LINES = 12
_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended.

    Attributes:
        code: exit code; negative is the signal that ended it.
        tail: last lines of stderr.
    """

    code: int
    tail: str


async def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    on_line: LineHandler = lambda _: None,
    on_error_line: LineHandler = lambda _: None,
    on_output: LineHandler | None = None,
    deadline_s: float | None = None,
) -> Ended:
    """How the program ended, after it has.

    Args:
        argv: program and arguments; no secrets, because every process of the machine can read them.
        env: its whole environment.
        cwd: folder to run in.
        on_line: gets each line of stdout.
        on_error_line: gets each line of stderr.
        on_output: gets stdout byte for byte, in pieces, in place of `on_line`.
        deadline_s: stop it after so many seconds.

    Raises:
        errors.ProgramMissing: it could not be started.
        errors.TimedOut: it was stopped at the deadline.
    """
    tail: deque[bytes] = deque(maxlen=_TAIL_LINES)

    def on_stderr(line: bytes) -> None:
        tail.append(line)
        on_error_line(line)

    process = await _start(argv, env, cwd)
    try:
        async with asyncio.timeout(deadline_s), asyncio.TaskGroup() as group:
            group.create_task(_pass_on(process.stdout, on_output) if on_output else _read(process.stdout, on_line))
            group.create_task(_read(process.stderr, on_stderr))
            code = await process.wait()
    except TimeoutError as error:
        msg = f"{Path(argv[0]).name} did not end within {deadline_s:g} s and was stopped.{said(_text(tail))}"
        raise errors.TimedOut(msg) from error
    finally:
        await _end(process)
    return Ended(code=code, tail=_text(tail))


def said(tail: str) -> str:
    """The end of a message that quotes the program; nothing when it said nothing."""
    return f" It said: {tail}" if tail else ""


async def _start(argv: Sequence[str], env: Mapping[str, str], cwd: Path | None) -> asyncio.subprocess.Process:
    if shutil.which(argv[0], path=env.get("PATH")) is None:
        msg = f"The program {argv[0]} is not installed or not on the PATH. Install it, or use the container image, which has it."
        raise errors.ProgramMissing(msg)
    guard = shutil.which("setpriv")
    full = [guard, "--pdeathsig", "KILL", "--", *argv] if guard else list(argv)
    try:
        return await asyncio.create_subprocess_exec(
            *full,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
        )
    except OSError as error:
        msg = f"{argv[0]} could not be started in {cwd or Path.cwd()}: {error.strerror}."
        raise errors.ProgramMissing(msg) from error


async def _read(stream: asyncio.StreamReader | None, handle: LineHandler) -> None:
    rest = b""
    while stream and (chunk := await stream.read(_CHUNK_BYTES)):
        # What is drawn over the same line again and again, as progress is, counts as lines as well.
        *lines, rest = (rest + chunk).replace(b"\r", b"\n").split(b"\n")
        for line in lines:
            handle(line)
    if rest:
        handle(rest)


async def _pass_on(stream: asyncio.StreamReader | None, handle: LineHandler) -> None:
    while stream and (chunk := await stream.read(_CHUNK_BYTES)):
        handle(chunk)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    _signal(process, signal.SIGINT)
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_S):
                await process.wait()
    finally:
        # Children that did not obey are in the group still when the program itself is gone.
        _signal(process, signal.SIGKILL)
        await process.wait()
        await _drain(process)


async def _drain(process: asyncio.subprocess.Process) -> None:
    """Reads to the end, because only then the pipes are closed."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_GRACE_S):
            for stream in (process.stdout, process.stderr):
                while stream and await stream.read(_CHUNK_BYTES):
                    pass


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _text(tail: deque[bytes]) -> str:
    return " | ".join(line.decode("utf-8", "replace").strip() for line in tail if line.strip())
