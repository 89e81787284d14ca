"""Started programs are found again, and never mistaken for another that has got their process id."""

import json
import os
import signal
from pathlib import Path

import pytest

from mtc.lab import errors, processes, programs


async def test_start_find_and_stop(tmp_path: Path) -> None:
    """A program is started once, found alive by its record, and gone after stop."""
    log = tmp_path / "log" / "sleep.log"
    assert processes.ensure(tmp_path, "sleeper", ["sleep", "600"], log=log)
    assert not processes.ensure(tmp_path, "sleeper", ["sleep", "600"], log=log)
    record = processes.read(tmp_path, "sleeper")
    assert record is not None
    assert record.is_alive
    assert os.getsid(record.pid) == record.pid
    await processes.stop(tmp_path, "sleeper")
    assert not record.is_alive
    assert processes.read(tmp_path, "sleeper") is None


async def test_recycled_id_is_not_ours(tmp_path: Path) -> None:
    """A living process with the recorded id but another start time is neither called alive nor ended."""
    path = tmp_path / "other.process.json"
    path.write_text(json.dumps({"pid": os.getpid(), "start_ticks": 1, "log": "x"}))
    assert not processes.is_alive(tmp_path, "other")
    await processes.stop(tmp_path, "other")
    assert not path.exists()


async def test_ended_program_is_told_with_its_log(tmp_path: Path) -> None:
    """A program that has ended, even if nobody has fetched its exit status, is reported with its last words."""
    processes.ensure(tmp_path, "short", ["sh", "-c", "echo my last words; exit 3"], log=tmp_path / "short.log")
    await programs.wait_until(lambda: not processes.is_alive(tmp_path, "short"), deadline_s=10, what="the end of the program")
    with pytest.raises(errors.ProgramFailed, match="my last words"):
        processes.require_alive(tmp_path, ["short"])


def test_program_that_was_never_started_is_told(tmp_path: Path) -> None:
    """Without a record the program counts as not started."""
    with pytest.raises(errors.ProgramFailed, match="etcd was not started"):
        processes.require_alive(tmp_path, ["etcd"])


@pytest.mark.parametrize("text", ["", "{", "{}", '{"pid": "x", "start_ticks": 1, "log": ""}'])
def test_damaged_record_is_no_record(tmp_path: Path, text: str) -> None:
    """A record that a crash has cut is like none."""
    (tmp_path / "cut.process.json").write_text(text)
    assert processes.read(tmp_path, "cut") is None


async def test_stubborn_program_is_killed(tmp_path: Path) -> None:
    """A program that ignores the polite signal is gone all the same."""
    mark = tmp_path / "ready"
    script = f"trap '' TERM; touch {mark}; while :; do sleep 0.1; done"
    processes.ensure(tmp_path, "stubborn", ["sh", "-c", script], log=tmp_path / "stubborn.log")
    await programs.wait_until(mark.exists, deadline_s=10, what="the program")
    record = processes.read(tmp_path, "stubborn")
    assert record is not None
    os.kill(record.pid, signal.SIGTERM)
    assert record.is_alive
    await processes.stop(tmp_path, "stubborn", end_s=0.3)
    await programs.wait_until(lambda: not record.is_alive, deadline_s=5, what="the end of the program")
