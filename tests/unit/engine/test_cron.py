"""When Schedules are due."""

from datetime import UTC, datetime

import pytest

from mtc.engine import cron

_NOW = datetime(2026, 3, 28, 22, 30, 15, tzinfo=UTC)  # a Saturday; clocks in Europe are set the night after


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("0 1 * * *", "2026-03-29T01:00:00+00:00"),
        ("*/20 * * * *", "2026-03-28T22:40:00+00:00"),
        ("0 9 * * MON", "2026-03-30T09:00:00+00:00"),
        ("0 0 1 * 0", "2026-03-29T00:00:00+00:00"),
        ("0 0 29 2 *", "2028-02-29T00:00:00+00:00"),
        ("@daily", "2026-03-29T00:00:00+00:00"),
        ("@midnight", "2026-03-29T00:00:00+00:00"),
        ("@hourly", "2026-03-28T23:00:00+00:00"),
        ("@weekly", "2026-03-29T00:00:00+00:00"),
        ("@monthly", "2026-04-01T00:00:00+00:00"),
        ("@yearly", "2027-01-01T00:00:00+00:00"),
        ("@every 6h", "2026-03-29T04:30:15+00:00"),
        ("@every 90s", "2026-03-28T22:31:45+00:00"),
        ("@every 1ms", "2026-03-28T22:30:16+00:00"),
        ("CRON_TZ=Asia/Tokyo 0 9 * * *", "2026-03-29T00:00:00+00:00"),
        ("TZ=America/New_York @daily", "2026-03-29T04:00:00+00:00"),
    ],
)
def test_the_next_time(expression: str, due: str) -> None:
    """Fields, descriptors, intervals and time zones."""
    assert cron.after(expression, _NOW).isoformat() == due


def test_it_goes_on_from_there() -> None:
    """A time that has come is not due once more."""
    first = cron.after("30 22 * * *", _NOW)
    assert (cron.after("30 22 * * *", first) - first).days == 1


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "daily",
        "@sometimes",
        "* * * *",
        "61 * * * *",
        "0 0 30 2 *",
        "@every",
        "@every soon",
        "CRON_TZ=Nowhere/Town 0 1 * * *",
        "TZ=.. @daily",
    ],
)
def test_what_says_no_times(expression: str) -> None:
    """The error quotes it, and says what would be right."""
    with pytest.raises(cron.InvalidCron, match=r"is no|is not"):
        cron.after(expression, _NOW)
