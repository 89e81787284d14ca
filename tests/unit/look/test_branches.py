"""Trees as people see them."""

from datetime import UTC, datetime, timedelta

from mtc.look import branches, spans
from mtc.look.tree import Node

_NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def _ago(seconds: int) -> datetime:
    return _NOW - timedelta(seconds=seconds)


def test_the_broken_branch_is_marked_from_the_root_to_its_cause() -> None:
    """What failed says why in its own words; branches that are fine have no mark."""
    bad = Node("PodVolumeBackup", "mtc", "b1-x", "remote", "Failed", _ago(60), _ago(30), is_broken=True, note="disk is full")
    root = Node(
        "MigMigration",
        "mtc",
        "run",
        "host",
        "Failed",
        _ago(100),
        _ago(20),
        children=(
            Node("Backup", "mtc", "b1", "remote", "PartiallyFailed", _ago(90), _ago(30), children=(bad,)),
            Node("Restore", "mtc", "r1", "host"),
        ),
    )
    assert list(branches.lines(root, now=_NOW)) == [
        "✗ MigMigration run  [Failed, on host, took 1m20s, 20s ago]",
        "✗ ├─ Backup b1  [PartiallyFailed, on remote, took 1m, 30s ago]",
        "✗ │  └─ PodVolumeBackup b1-x  [Failed, on remote, took 30s, 30s ago]",
        "✗ │        disk is full",
        "  └─ Restore r1  [not begun, on host]",
    ]


def test_spans_have_two_units() -> None:
    """The largest ones; what is in the future counts as now."""
    texts = [spans.text(timedelta(seconds=seconds)) for seconds in (-5, 0, 59, 60, 61, 3600, 3661, 90_000, 86_400 * 12)]
    assert texts == ["0s", "0s", "59s", "1m", "1m1s", "1h", "1h1m", "1d1h", "12d"]


def test_on_a_terminal_no_line_is_wider_than_it() -> None:
    """A long state goes to a line of its own, what an object says over several; nothing of it is lost."""
    note = "The files of PersistentVolumeClaim did not arrive on cluster host: " + "nothing restored them, " * 8
    name = "a-rather-long-name-of-a-restore-that-somebody-made-zxcvb"
    child = Node("Restore", "mtc", name, "host", "Failed", _ago(60), _ago(30), is_broken=True, note=note)
    root = Node("MigPlan", "mtc", "shop", "host", "Ready", children=(child,))
    shown = list(branches.lines(root, now=_NOW, width=80))
    assert max(map(len, shown)) <= 80
    assert shown[1:3] == [f"✗ └─ Restore {name}", "✗       [Failed, on host, took 30s, 30s ago]"]
    assert " ".join(line.removeprefix("✗").strip() for line in shown[3:]).split() == note.split()
