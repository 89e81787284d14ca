"""Durations: what Go writes we read, and what we write Go would have written."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtc.api import durations

GO_PAIRS = [
    ("720h0m0s", timedelta(days=30)),
    ("4h0m0s", timedelta(hours=4)),
    ("10m0s", timedelta(minutes=10)),
    ("1m30s", timedelta(seconds=90)),
    ("30s", timedelta(seconds=30)),
    ("1.5s", timedelta(seconds=1.5)),
    ("1h0m0.25s", timedelta(hours=1, milliseconds=250)),
    ("250ms", timedelta(milliseconds=250)),
    ("1.25ms", timedelta(microseconds=1250)),
    ("5µs", timedelta(microseconds=5)),
    ("0s", timedelta()),
    ("-1m30s", timedelta(seconds=-90)),
]


@pytest.mark.parametrize(("text", "length"), GO_PAIRS)
def test_the_form_that_go_prints_is_read_and_written(text: str, length: timedelta) -> None:
    """Both directions agree with Go's own printing, so that an object we rewrite does not change."""
    assert durations.parse(text) == length
    assert durations.format_duration(length) == text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1h30m", 5400),
        ("90m", 5400),
        ("1.5h", 5400),
        ("+5s", 5),
        ("0", 0),
        ("-0", 0),
        (".5s", 0.5),
        ("1.s", 1),
        ("1us", 1e-6),
        ("1μs", 1e-6),
    ],
)
def test_other_forms_that_go_accepts_are_read(text: str, seconds: float) -> None:
    """People write durations in more forms than Go prints."""
    assert durations.parse(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "-", "1", "h", "1d", ".s", "1h 2m", "s5", "1h-2m", "1e3s", "9999999999h"])
def test_what_go_refuses_is_refused(text: str) -> None:
    """A duration that Velero could not decode must not get into an object; the message shows it and a good form."""
    with pytest.raises(durations.InvalidDuration, match="1h30m") as caught:
        durations.parse(text)
    assert repr(text) in str(caught.value)


@given(st.timedeltas(min_value=timedelta(days=-100_000), max_value=timedelta(days=100_000)))
def test_writing_and_reading_loses_nothing(length: timedelta) -> None:
    """Every length of time survives the way through an object."""
    assert durations.parse(durations.format_duration(length)) == length
