"""Rates and expected ends follow from two looks, and nothing changes where nothing has moved."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtc.api.figures import ItemFigures, State, StepFigures
from mtc.migration import observed

START = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
MB = 1_000_000


def after(seconds: float) -> datetime:
    """A time after the start."""
    return START + timedelta(seconds=seconds)


def volume(name: str, done: int | None, total: int | None = 100 * MB, *, state: State = State.RUNNING, took_s: int = 0) -> ItemFigures:
    """The copy of a volume that began at the start."""
    return ItemFigures(
        kind="PodVolumeBackup",
        cluster="remote",
        namespace="mig",
        name=name,
        pod="shop/web",
        volume=name,
        state=state,
        started=None if state == State.WAITING else START,
        completed=after(took_s) if state == State.COMPLETED else None,
        bytes_done=done,
        bytes_total=total,
    )


def looks(*seen: tuple[float, list[ItemFigures]]) -> StepFigures:
    """The figures after several looks."""
    found: StepFigures | None = None
    for seconds, items in seen:
        found = observed.step(found, items, now=after(seconds))
    assert found is not None
    return StepFigures.model_validate(found.model_dump(mode="json"))


def test_a_steady_copy_has_its_rate_and_an_end() -> None:
    """10 MB in each second, of 100 MB: after four seconds six are left."""
    found = looks(*((second, [volume("data", second * 10 * MB)]) for second in range(2, 5)))
    (item,) = found.items
    assert item.bytes_per_second == found.total.bytes_per_second == 10 * MB
    assert (item.eta, item.eta_seconds) == (after(10), 6)
    assert (found.total.eta, found.moved, found.running) == (after(10), after(4), 1)


def test_a_change_of_pace_shows_within_a_few_looks() -> None:
    """From 10 MB to 1 MB in a second: half of the way within ten seconds, and no jump at once."""
    first = [(second, [volume("data", second * 10 * MB, 1000 * MB)]) for second in range(2, 11, 2)]
    slow = [(second, [volume("data", 100 * MB + (second - 10) * MB, 1000 * MB)]) for second in range(12, 31, 2)]
    at_once, later = looks(*first, slow[0]).items[0], looks(*first, *slow).items[0]
    assert 7 * MB < (at_once.bytes_per_second or 0) < 10 * MB
    assert MB < (later.bytes_per_second or 0) < 3 * MB


def test_what_stands_still_changes_nothing_and_then_loses_its_rate_once() -> None:
    """The very same object comes back, whatever the time; after half a minute there is no rate and no end any more."""
    moving = looks((2, [volume("data", 20 * MB)]), (4, [volume("data", 40 * MB)]))
    assert observed.step(moving, [volume("data", 40 * MB)], now=after(20)) is moving
    still = observed.step(moving, [volume("data", 40 * MB)], now=after(40))
    assert (still.items[0].bytes_per_second, still.items[0].eta, still.total.eta) == (None, None, None)
    assert still.moved == after(4)
    assert observed.step(still, [volume("data", 40 * MB)], now=after(400)) is still


def test_a_controller_that_was_away_sees_the_mean_of_that_time() -> None:
    """What happened meanwhile counts over the whole gap."""
    found = looks((2, [volume("data", 20 * MB)]), (102, [volume("data", 70 * MB)]))
    assert found.items[0].bytes_per_second == pytest.approx(500_000, rel=0.01)


def test_there_is_no_end_of_all_while_a_size_is_unknown() -> None:
    """A volume that waits for its turn tells no size; those at work have their own end."""
    waiting = volume("logs", None, None, state=State.WAITING)
    found = looks((2, [volume("data", 20 * MB), waiting]), (4, [volume("data", 40 * MB), waiting]))
    assert (found.unknown_sizes, found.total.eta, found.total.bytes_total) == (1, None, 100 * MB)
    assert found.items[0].eta == after(10)
    assert [item.state for item in found.items] == ["Running", "Waiting"]


def test_the_end_has_the_mean_of_all_and_no_expectation() -> None:
    """Two volumes side by side, 200 MB in ten seconds."""
    done = [volume(name, 100 * MB, state=State.COMPLETED, took_s=took) for name, took in (("data", 10), ("logs", 5))]
    found = looks((4, [volume("data", 40 * MB), volume("logs", 80 * MB)]), (10, done))
    assert (found.total.bytes_done, found.total.bytes_total, found.total.bytes_per_second) == (200 * MB, 200 * MB, 20 * MB)
    assert [item.bytes_per_second for item in found.items] == [10 * MB, 20 * MB]
    assert found.total.eta is None
    assert (found.ended, found.running) == (2, 0)


def test_a_failed_volume_has_no_end_and_does_not_delay_that_of_the_others() -> None:
    """What it has left is left for ever."""
    failed = volume("logs", 10 * MB, state=State.FAILED)
    found = looks((2, [volume("data", 20 * MB), failed]), (4, [volume("data", 40 * MB), failed]))
    assert found.items[0].name == "logs"
    assert found.items[0].eta is None
    assert found.total.eta is not None


def test_objects_count_as_bytes_do() -> None:
    """A Backup at 50 objects a second."""
    backup = ItemFigures(kind="Backup", cluster="remote", name="b", state=State.RUNNING, started=START, objects_done=100, objects_total=400)
    found = looks((2, [backup]), (4, [backup.model_copy(update={"objects_done": 200})]))
    assert (found.items[0].objects_per_second, found.items[0].eta, found.unknown_sizes) == (50, after(8), 0)


def test_figures_wait_two_seconds() -> None:
    """Since the last ones."""
    found = observed.step(None, [volume("data", 1)], now=after(10))
    assert observed.early_s(None, after(10)) == 0
    assert observed.early_s(found, after(10.5)) == 1.5
    assert observed.early_s(found, after(12)) == 0


def test_of_many_volumes_those_that_matter_are_listed() -> None:
    """The rest is in the sums, and standing still is seen as such."""
    done = [volume(f"v{number:03}", MB, MB, state=State.COMPLETED) for number in range(300)]
    items = [*done, volume("last", 5 * MB)]
    found = looks((2, items))
    assert (len(found.items), found.omitted, found.items[0].name) == (200, 101, "last")
    assert found.total.bytes_done == 305 * MB
    assert observed.step(found, items, now=after(20)) is found


@given(st.lists(st.tuples(st.floats(0.001, 100), st.integers(0, 10**12)), min_size=1, max_size=20))
def test_no_course_of_things_breaks_the_figures(course: list[tuple[float, int]]) -> None:
    """Counts may fall back, stand still or leap; rates stay between nothing and what was seen, and ends are not in the past."""
    found, seconds = None, 0.0
    for step_s, done in course:
        seconds += step_s
        found = observed.step(found, [volume("data", done, 10**12)], now=after(seconds))
        rate, left = found.items[0].bytes_per_second, found.items[0].eta_seconds
        assert rate is None or rate >= 0
        assert left is None or left >= 0
