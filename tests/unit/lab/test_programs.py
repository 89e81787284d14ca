"""Programs end in time, and their failures say what a person needs and nothing secret."""

import sys
import time
from pathlib import Path

import pytest

from mtc.lab import errors, programs

SECRET = "hunter2"


async def test_output_is_returned() -> None:
    """What the program writes to stdout is the result, and stdin reaches it."""
    assert await programs.run(["cat"], stdin=b"hello") == "hello"


async def test_failure_has_program_code_and_last_words() -> None:
    """The message has the program, its exit code and the end of its stderr, but not its arguments."""
    with pytest.raises(errors.ProgramFailed) as caught:
        await programs.run(["sh", "-c", "echo gone wrong >&2; exit 7", SECRET])
    assert caught.value.code == 7
    assert "sh ended with exit code 7" in str(caught.value)
    assert "gone wrong" in str(caught.value)
    assert SECRET not in str(caught.value)


async def test_missing_program_is_named() -> None:
    """A program that is not there is an error of ours, not of the operating system."""
    with pytest.raises(errors.ProgramFailed, match="no-such-program could not be started"):
        await programs.run(["no-such-program"])


async def test_deadline_ends_children_too(tmp_path: Path) -> None:
    """A program past its deadline is killed with the children it has started."""
    pid_file = tmp_path / "pid"
    with pytest.raises(errors.ProgramTimedOut, match="did not end within"):
        await programs.run(["sh", "-c", f"sleep 600 & echo $! > {pid_file}; wait"], deadline_s=0.5)
    pid = int(pid_file.read_text())
    await programs.wait_until(lambda: not is_running(pid), deadline_s=5, what="the end of the child")


def is_running(pid: int) -> bool:
    """Whether the process exists and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


async def test_log_gets_the_output_and_is_named(tmp_path: Path) -> None:
    """With a log file, the error shows the file's end and where it is."""
    log = tmp_path / "build.log"
    with pytest.raises(errors.ProgramFailed, match="broken") as caught:
        await programs.run(["sh", "-c", "echo broken; exit 1"], log=log)
    assert str(log) in str(caught.value)


async def test_waiting_ends_at_the_deadline() -> None:
    """A condition that never comes true ends in an error that names what was waited for."""
    started = time.monotonic()
    with pytest.raises(errors.ProgramTimedOut, match="the moon"):
        await programs.wait_until(lambda: False, deadline_s=0.2, what="the moon")
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("argv", "title"),
    [
        (["/usr/bin/ip", "link", "add"], "ip link"),
        (["kubectl", "--kubeconfig=x", "apply", "-f", "-"], "kubectl apply"),
        (["unshare", "--net", "--", "nsenter", "--net", "--", "go", "build"], "go build"),
        ([sys.executable, "secret"], Path(sys.executable).name),
    ],
)
def test_title_shows_the_program_only(argv: list[str], title: str) -> None:
    """Wrappers are left out, sub-commands shown only for programs known to have them."""
    assert programs.title(argv) == title


def test_last_lines_are_few() -> None:
    """A long output is cut to its end."""
    assert programs.last_lines("\n".join(str(number) for number in range(1000))).splitlines()[-1] == "999"
    assert len(programs.last_lines("x\n" * 1000).splitlines()) == 12
