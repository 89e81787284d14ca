"""Lines of the bucket beside those of pods, and lines in a zip file."""

import zipfile
from pathlib import Path

import pytest

from mtc.look import errors, lines, stored, zipped
from mtc.look.lines import Line

_RAW = 'time="2026-01-01T10:00:05Z" level=info msg="Backed up \\"a\\"" backup=openshift-migration/run item=pods/x'


def _stored(time: str, event: str) -> Line:
    return Line(time, "remote", "bucket", "", {"time": time, "event": event})


def test_a_line_of_velero_is_read() -> None:
    """Its message, level and fields; what is of another form is none."""
    assert lines.logfmt(_RAW) == {
        "time": "2026-01-01T10:00:05Z",
        "level": "info",
        "event": 'Backed up "a"',
        "backup": "openshift-migration/run",
        "item": "pods/x",
    }
    assert lines.logfmt("time=now nothing else") is None
    line = lines.parse("remote", "velero-1", f"2026-01-01T10:00:05.1Z {_RAW}".encode())
    assert line.fields is not None
    assert line.fields["event"] == 'Backed up "a"'


def test_what_pods_show_is_not_shown_again() -> None:
    """The same message within the same second is the same line; the clock of the process has parts of seconds."""
    shown = [Line("2026-01-01T10:00:05.900Z", "remote", "velero-1", "", {"event": "a"}), Line("", "remote", "velero-1", "x")]
    kept = [_stored("2026-01-01T10:00:05Z", "a"), _stored("2026-01-01T10:00:09Z", "a"), _stored("2026-01-01T10:00:05Z", "b")]
    assert list(stored.not_shown(kept, shown)) == kept[1:]


def test_lines_of_pods_that_pass_are_chosen_by_what_they_are() -> None:
    """A hook's line is about its migration, whatever stands in it."""
    line = lines.parse("remote", "hook-1", b"2026-01-01T10:00:00Z ok: [localhost]", component=lines.HOOK)
    assert lines.Wanted(components={"hook"}).has(line)
    assert not lines.Wanted(components={"engine"}).has(line)
    assert line.text() == "10:00:00.000 remote hook hook-1 ok: [localhost]"


def test_a_clock_that_is_ahead_is_put_back() -> None:
    """The time shown is by the other clock, and programs are told by how much."""
    line = _stored("2026-01-01T10:00:05Z", "a").put_back(3.5)
    assert line.time == "2026-01-01T10:00:01.500000Z"
    assert line.to_dict()["clockOffsetSeconds"] == 3.5
    assert "clockOffsetSeconds" not in line.put_back(0).to_dict() or line.offset_s == 3.5


def test_lines_are_saved_by_pod_and_all_together(tmp_path: Path) -> None:
    """A zip file that is there whole, or not at all."""
    target = tmp_path / "logs.zip"
    wanted = [Line("2026-01-01T10:00:05Z", "remote", "velero-1", "one"), Line("2026-01-01T10:00:06Z", "host", "controller-1", "two")]
    assert zipped.write(target, wanted) == 2
    with zipfile.ZipFile(target) as packed:
        assert sorted(packed.namelist()) == ["host/controller-1.log", "remote/velero-1.log", "timeline.log"]
        assert packed.read("host/controller-1.log") == b"2026-01-01T10:00:06Z two\n"
        assert packed.read("timeline.log").decode().splitlines()[0] == "10:00:05.000 remote velero-1 one"
    with pytest.raises(errors.NotWritten):
        zipped.write(tmp_path / "nowhere" / "logs.zip", wanted)
    assert [path.name for path in tmp_path.iterdir()] == ["logs.zip"]
