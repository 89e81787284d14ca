"""How a run goes, as lines and as the live view."""

import io
from datetime import UTC, datetime

from rich.console import Console

from kit.runs import run
from mtc.api.dry_run import DryRunReport
from mtc.cli import _live
from mtc.look import progress, telling
from mtc.look.following import Seen

_NOW = datetime(2026, 1, 1, 10, 1, tzinfo=UTC)
_DONE = {"name": "Prepare", "started": "2026-01-01T10:00:00Z", "completed": "2026-01-01T10:00:12Z", "message": "Completed"}
_AT_WORK = {"name": "StageBackup", "started": "2026-01-01T10:00:12Z", "phase": "StageBackupCreated", "message": "Waiting for the Backup."}
_LATER = {"name": "Restore", "message": "Not started"}


def _copy(name: str, done: int | None, total: int | None, phase: str = "InProgress", kind: str = "PodVolumeBackup") -> dict[str, object]:
    spec = {"pod": {"namespace": "shop", "name": name}, "volume": "data"}
    return {
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
        "status": {"phase": phase, "progress": {"bytesDone": done, "totalBytes": total}},
    }


def _seen(*copies: dict[str, object], step: dict[str, object] = _AT_WORK) -> Seen:
    status = {
        "phase": "StageBackupCreated",
        "itinerary": "Final",
        "startTimestamp": "2026-01-01T10:00:00Z",
        "pipeline": [_DONE, step, _LATER],
    }
    return Seen(run("shop-cutover-1", status=status), copies)


def test_figures_of_the_status_are_preferred_to_those_of_the_copies() -> None:
    """They have rates; a total that nobody knows is no total."""
    item = {
        "kind": "PodVolumeBackup",
        "name": "b",
        "claim": "shop/data",
        "state": "Running",
        "bytesDone": 512,
        "bytesTotal": 2048,
        "bytesPerSecond": 256,
    }
    figures = {"items": [item, {"kind": "Backup", "name": "x"}]}
    found = progress.volumes(_seen(_copy("web", 1, 2), step={**_AT_WORK, "figures": figures}).run, [_copy("web", 1, 2)])
    assert found == [progress.Volume("shop/data", "backup", "Running", progress.Amount(512, 2048, 256, None))]
    assert progress.together(found) == progress.Amount(512, 2048, 256, 6)
    assert progress.volumes(_seen().run, [_copy("web", None, None, "New", "PodVolumeRestore")]) == [
        progress.Volume("shop/web data", "restore", "Waiting", progress.Amount(None, None))
    ]


def test_bytes_are_for_people() -> None:
    """With a unit that fits."""
    assert [progress.size(count) for count in (0, 1023, 1024, 1_610_612_736)] == ["0 B", "1023 B", "1.0 KiB", "1.5 GiB"]
    assert progress.Amount(512, 2048, 256, 6).text() == "512 B of 2.0 KiB, 256 B/s, 6s left"
    assert progress.Amount(None, None).text() == ""


def test_lines_tell_what_is_new_once() -> None:
    """Steps as they begin and end, another tenth of the data, each warning."""
    teller = telling.Teller()

    def told(seen: Seen, *warnings: str) -> list[str]:
        return [line.split("  ", 1)[1] for line in teller.lines(seen, warnings=[*warnings], now=_NOW)]

    assert told(_seen(), "No room.") == [
        "Prepare: done, took 12s",
        "StageBackup: StageBackupCreated Waiting for the Backup.",
        "warning: No room.",
    ]
    assert told(_seen(), "No room.") == []
    assert told(_seen(_copy("web", 30, 100))) == ["volumes: 30%, 30 B of 100 B"]
    assert told(_seen(_copy("web", 39, 100))) == []
    assert told(_seen(_copy("web", 40, 100), _copy("db", 0, None))) == []


def test_the_live_view_fits_100_columns_and_has_no_colour_off_a_terminal() -> None:
    """However long names and messages are."""
    copies = [_copy(f"a-pod-with-a-rather-long-name-{number}" * 2, number, 100) for number in range(20)]
    out = io.StringIO()
    long = {**_AT_WORK, "message": "A long message about what is waited for. " * 5}
    console = Console(file=out, width=100, highlight=False)
    console.print(_live.view(_seen(*copies, step=long), state="Running", warnings=["Something is odd. " * 12], now=_NOW))
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= 100
    assert "\x1b" not in out.getvalue()
    assert "✓  Prepare" in out.getvalue()
    assert "20 volumes" in out.getvalue()
    assert lines[0].startswith("MigMigration shop-cutover-1  plan shop  Final  Running  1m")


def test_a_dry_run_is_told_in_lines() -> None:
    """Counts, what is in the way, how long it would take."""
    body = {
        "phases": [{"name": "A"}, {"name": "B"}],
        "objects": {"create": 3, "refused": 1},
        "notable": [{"action": "refused", "kind": "Service", "namespace": "shop", "name": "web", "message": "Port taken."}],
        "volumes": [{"claim": "data", "sizeBytes": 1024}],
        "totalBytes": 1024,
        "estimate": {"totalSeconds": 90, "downtimeSeconds": 60, "basis": "measured"},
        "conflicts": ["No room."],
        "warnings": ["It stays there."],
        "report": "ns/report",
    }
    assert list(telling.report(DryRunReport.model_validate(body))) == [
        "It would go through 2 phases.",
        "Objects in the target: 3 create, 1 refused",
        "  refused Service shop/web: Port taken.",
        "Volumes: 1, 1.0 KiB to copy",
        "It would take about 1m30s; the application would stand still for about 1m (measured).",
        "In the way:",
        "  No room.",
        "Warnings:",
        "  It stays there.",
        "All objects are listed in ConfigMap ns/report.",
    ]
