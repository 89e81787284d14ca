"""Log lines of several processes as one story."""

import re

import pytest

from mtc.look import subjects, timeline
from mtc.look.subjects import Subject

_RAW = (
    b'2026-01-01T10:00:00.123456789Z {"backup": "openshift-migration/run-stage-x2b4c", "event": "copying volume", "component": "engine", '
    b'"level": "info", "time": "2026-01-01T10:00:00.123000Z", "volume": "data", "text": "two words"}'
)


def test_a_line_of_ours_is_read() -> None:
    """Time, place, level, what happened, and the rest as pairs."""
    line = timeline.parse("remote", "velero-1", _RAW)
    assert line.time == "2026-01-01T10:00:00.123000Z"
    assert line.text() == (
        '10:00:00.123 remote engine INFO copying volume backup=openshift-migration/run-stage-x2b4c volume=data text="two words"'
    )
    assert line.to_dict()["cluster"] == "remote"
    assert line.to_dict()["line"]["event"] == "copying volume"


@pytest.mark.parametrize("text", ["Traceback (most recent call last):", "{no json", "[1]"])
def test_what_a_dying_process_writes_is_kept(text: str) -> None:
    """It has the time that the kubelet gave it, and no filter takes it away."""
    line = timeline.parse("host", "velero-1", f"2026-01-01T10:00:00.5Z {text}".encode())
    assert line.fields is None
    assert line.to_dict()["line"] == text
    assert line.text() == f"10:00:00.500 host velero-1 {text}"
    assert timeline.Wanted(Subject(frozenset({"run"}), re.compile("(?!)")), "error", {"controller"}).has(line)


@pytest.mark.parametrize(
    ("field", "time"),
    [
        ("1516134303", "2026-01-01T10:00:00.5Z"),
        ('"1516134303"', "2026-01-01T10:00:00.5Z"),
        ('"2026-01-01T11:00:00.000001"', "2026-01-01T10:00:00.5Z"),
        ('"10:00:01"', "2026-01-01T10:00:00.5Z"),
        ('{"s": 1}', "2026-01-01T10:00:00.5Z"),
        ('"2026-01-01T12:00:01+02:00"', "2026-01-01T10:00:01.000000Z"),
    ],
)
def test_what_others_write_as_time_counts_only_where_it_is_one(field: str, time: str) -> None:
    """Else the time at which the line came in does; the line is shown, moved and cut out like any other."""
    line = timeline.parse("host", "web-1", f'2026-01-01T10:00:00.5Z {{"time": {field}, "level": "error", "event": "x"}}'.encode())
    assert line.time == time
    assert "ERROR x" in line.text()
    assert line.put_back(1.0).offset_s == 1.0


def test_a_line_without_any_time_is_kept_whole() -> None:
    """The kubelet puts none before its own words."""
    line = timeline.parse("host", "web-1", b"unable to retrieve container logs for containerd://6f")
    assert line.text() == "--:--:--.--- host web-1 unable to retrieve container logs for containerd://6f"


def test_lines_are_chosen_by_level_component_and_subject() -> None:
    """Each filter takes away what does not fit."""
    line = timeline.parse("remote", "velero-1", _RAW)
    run, other = (Subject(frozenset({name}), subjects.made_for([name])) for name in ("run", "run-stage"))
    assert timeline.Wanted(run, "info", {"engine"}).has(line)
    assert not timeline.Wanted(other).has(line)
    assert not timeline.Wanted(run, "warning").has(line)
    assert not timeline.Wanted(run, components={"controller"}).has(line)


@pytest.mark.parametrize(
    ("fields", "is_about"),
    [
        ({"migration": "run"}, True),
        ({"migration": "run-2"}, False),
        ({"restore": "ns/run-final-bcdfg"}, True),
        ({"object": "ns/run-stage-bcdfg-hjklm"}, True),
        ({"object": "ns/run-stage-final-bcdfg"}, False),
        ({"event": "run"}, False),
        ({"seconds": 3}, False),
    ],
)
def test_what_was_made_for_a_migration_is_known_by_its_name(fields: dict[str, object], *, is_about: bool) -> None:
    """Names that another migration's objects could have are not taken for its own."""
    assert Subject(frozenset({"run"}), subjects.made_for(["run"])).is_in(fields) is is_about
