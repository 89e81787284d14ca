"""Following a migration: a line for each step when it ends, complaints once, and a clear end."""

import io

import pytest

from mtc.lab.demo import errors, follow
from mtc.lab.demo.screen import Screen, aligned, format_s


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _migration(*, conditions=(), pipeline=(), **status):
    return {"metadata": {"name": "m"}, "status": {"conditions": list(conditions), "pipeline": list(pipeline), **status}}


def _true(kind, category="Advisory", message=""):
    return {"type": kind, "status": "True", "category": category, "message": message}


def test_each_step_gets_one_line_when_it_ends():
    """A running step prints nothing on paper; when it ends, its line appears once, with the time it took."""
    out, story = io.StringIO(), follow.Story("m", 0.0)
    screen = Screen(out, environment={})
    running = {"name": "Prepare", "started": "t", "phase": "Started"}
    follow.show(_migration(pipeline=[running], phase="Started"), screen, story, now_s=1.0)
    assert out.getvalue() == ""
    for _ in range(2):
        over = {"name": "Prepare", "started": "t", "completed": "t"}
        follow.show(_migration(pipeline=[over, {"name": "DirectImage", "skipped": True}]), screen, story, now_s=3.5)
    assert out.getvalue().splitlines() == ["   ok  Prepare           2.5 s"]


def test_a_failed_step_and_its_reason_are_shown():
    """A step that failed is marked, with the message of its status."""
    out = io.StringIO()
    step = {"name": "Backup", "started": "t", "failed": True, "message": "no space"}
    follow.show(_migration(pipeline=[step]), Screen(out, environment={}), follow.Story("m", 0.0), now_s=1.0)
    assert "NO" in out.getvalue()
    assert "no space" in out.getvalue()


def test_a_complaint_is_told_once():
    """A critical condition is shown when it comes up, not at each event after it."""
    out, story = io.StringIO(), follow.Story("m", 0.0)
    for _ in range(3):
        follow.show(_migration(conditions=[_true("PlanNotReady", "Critical", "look at it")]), Screen(out, environment={}), story, now_s=1.0)
    assert out.getvalue().count("PlanNotReady: look at it") == 1


def test_success_and_failure_end_it():
    """Succeeded ends the story well, Failed with the migration's own errors, anything else lets it go on."""
    assert follow.is_over(_migration(conditions=[_true("Succeeded")]))
    assert not follow.is_over(_migration(conditions=[_true("Running")], phase="Started"))
    with pytest.raises(errors.MigrationEnded, match="ended as Failed: the disk is full"):
        follow.is_over(_migration(conditions=[_true("Failed")], errors=["the disk is full"]))
    with pytest.raises(errors.MigrationEnded, match="ended as Canceled"):
        follow.is_over(_migration(conditions=[_true("Canceled")], phase="Completed"))


def test_an_end_with_warnings_ends_it_with_what_they_say():
    """SucceededWithWarnings is not the end that the demo promises: it stops at once, and tells each warning."""
    warned = [_true("SucceededWithWarnings"), _true("ProofFailed", "Warn", "two objects are missing")]
    with pytest.raises(errors.MigrationEnded, match="SucceededWithWarnings: ProofFailed: two objects are missing"):
        follow.is_over(_migration(conditions=warned, phase="Completed"))


def test_the_longest_phases_come_first():
    """A phase lasts until the next one is seen, the last one until the end."""
    story = follow.Story("m", 0.0, phases={"A": 0.0, "B": 1.0, "C": 7.0}, total_s=9.0)
    assert story.slowest(2) == [("B", 6.0), ("C", 2.0)]


def test_names_of_migrations_are_uuids_with_a_time_and_a_random_node():
    """Each name is new, and none tells the address of this machine."""
    names = {follow.new_name() for _ in range(50)}
    assert len(names) == 50
    assert all(name[14] == "1" for name in names)
    assert all(int(name[24:26], 16) & 1 for name in names)


@pytest.mark.parametrize(
    ("environment", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)]
)
def test_colours_only_where_they_are_wanted(environment, is_coloured):
    """A terminal gets colours, unless NO_COLOR is set or it knows none."""
    out = _Terminal()
    Screen(out, environment=environment).good("fine")
    assert ("\x1b[32m" in out.getvalue()) is is_coloured


def test_paper_gets_no_control_characters():
    """What is not a terminal gets plain lines, and no line that would be overwritten."""
    out = io.StringIO()
    screen = Screen(out, environment={})
    screen.transient("working")
    screen.good("done")
    assert out.getvalue() == "   ok  done\n"


def test_columns_and_durations():
    """Columns are as wide as their widest cell, numbers stand at the right, long times are in minutes."""
    assert aligned([["a", "rows"], ["long", "1,024"]]) == ["a     rows", "long  1,024"]
    assert format_s(4.24) == "4.2 s"
    assert format_s(131) == "2 min 11 s"
