"""Run one program to its end: with a deadline, and with an error that says what a person needs to know.

Arguments never appear in an error beyond the program and its sub-command, for they may hold secrets; the last lines of
what the program itself wrote to stderr do.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from mtc.lab import errors

_LAST_LINES = 12
_LAST_CHARS = 2000
#: A killed program is gone at once; its pipes may be held by a child that left its session.
_END_S = 2.0
_LOOK_S = 0.05
_WRAPPERS = frozenset({"unshare", "nsenter", "setpriv"})
# Programs whose first bare word is what they are asked to do.
_WITH_VERBS = frozenset({"apt-get", "ctr", "go", "ip", "kubectl", "openssl", "skopeo", "weed"})


def title(argv: Sequence[str]) -> str:
    """The program and, where it has one, its sub-command: what an error may show of a command line.

    What only prepares the ground for a program, such as `unshare ... -- program`, is not named.
    """
    if argv[0] in _WRAPPERS and "--" in argv:
        return title(argv[list(argv).index("--") + 1 :])
    name = Path(argv[0]).name
    verb = next((word for word in argv[1:] if word.isalpha()), None) if name in _WITH_VERBS else None
    return f"{name} {verb}" if verb else name


def last_lines(text: str) -> str:
    """The end of a program's output, short enough for an error message."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return "\n".join(lines[-_LAST_LINES:])[-_LAST_CHARS:]


async def run(
    argv: Sequence[str],
    *,
    deadline_s: float = 60,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    log: Path | None = None,
) -> str:
    """What the program wrote to stdout.

    Args:
        argv: program and arguments.
        deadline_s: after so many seconds the program and its children are killed.
        stdin: bytes for its standard input; without them it is empty.
        env: variables to add to the environment.
        cwd: folder to run in.
        log: file that gets stdout and stderr instead; its end is then what an error shows.

    Raises:
        errors.ProgramFailed: it could not be started or ended with another code than 0.
        errors.ProgramTimedOut: it ran past the deadline.
    """
    with contextlib.ExitStack() as stack:
        out: int = asyncio.subprocess.PIPE
        if log is not None:
            out = stack.enter_context(log.open("ab")).fileno()
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
                stdout=out,
                stderr=out,
                env=None if env is None else {**os.environ, **env},
                cwd=cwd,
                start_new_session=True,
            )
        except OSError as error:
            raise errors.ProgramFailed(f"{argv[0]} could not be started: {error.strerror}.", code=None) from error
        try:
            async with asyncio.timeout(deadline_s):
                stdout, stderr = await process.communicate(stdin)
        except TimeoutError as error:
            raise errors.ProgramTimedOut(f"{title(argv)} did not end within {deadline_s:g} s and was stopped.{_see(log)}") from error
        finally:
            await _end(process)
    if process.returncode != 0:
        wrote = (
            log.read_text(errors="replace") if log else (stderr or b"").decode(errors="replace") or (stdout or b"").decode(errors="replace")
        )
        raise errors.ProgramFailed(
            f"{title(argv)} ended with exit code {process.returncode}:\n{last_lines(wrote)}{_see(log)}", code=process.returncode
        )
    return (stdout or b"").decode(errors="replace")


async def succeeds(argv: Sequence[str], *, deadline_s: float = 20) -> bool:
    """Whether the program ends with exit code 0 in time."""
    try:
        await run(argv, deadline_s=deadline_s)
    except (errors.ProgramFailed, errors.ProgramTimedOut):
        return False
    return True


async def wait_until(condition: Callable[[], bool], *, deadline_s: float, what: str) -> None:
    """Return when the condition, a quick look at the machine, is true.

    Raises:
        errors.ProgramTimedOut: it was not before the deadline.
    """
    try:
        async with asyncio.timeout(deadline_s):
            while not condition():  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(_LOOK_S)
    except TimeoutError as error:
        raise errors.ProgramTimedOut(f"{what} did not get ready within {deadline_s:g} s.") from error


def kill(pid: int) -> None:
    """Kill the process, if there is one of that id."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kill what is left of a program that was cancelled or ran too long, with the children in its session."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        # Its pipes are closed only when its end has been seen and they have been read.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_S):
                await process.communicate()


def _see(log: Path | None) -> str:
    return f"\nAll of its output is in {log}." if log else ""


def apart(argv: list[str]) -> list[str]:
    """The command line in a mount namespace of its own, which takes with it what the program leaves mounted."""
    if os.geteuid() != 0:
        return argv
    return ["unshare", "--mount", "--propagation", "slave", "--", *argv]
