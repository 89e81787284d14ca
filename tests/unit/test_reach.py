"""Every condition of the catalogue is shown by a story, or it says why none can show it yet."""

import pytest

from kit import reach, told
from mtc.api import catalogue


def test_every_condition_is_shown_or_says_why_not() -> None:
    """Who adds a condition adds a row to kit/rows, or names the story that shows it in kit/reach.py."""
    accounted = reach.by_rows() | reach.by_stories() | reach.not_built() | reach.out_of_reach()
    assert {entry.key for entry in catalogue.entries()} - accounted == set()


def test_nothing_is_listed_twice() -> None:
    """A condition that a row shows is not also said to be out of reach, nor shown by another story."""
    lists = (reach.by_rows(), reach.by_stories(), reach.not_built(), reach.out_of_reach())
    for one in lists:
        for other in lists:
            assert one is other or not one & other


def test_every_line_is_about_a_condition_of_the_catalogue() -> None:
    """A type that was renamed or removed leaves no line behind."""
    assert all(catalogue.of_type(line[0], line[1]) for line in [*reach.SHOWN, *reach.OUT_OF_REACH])
    for line in reach.NOT_BUILT:
        assert line in catalogue.KINDS if isinstance(line, str) else catalogue.find(*line)


@pytest.mark.parametrize(("line", "test"), [pytest.param(line, test, id="-".join(line)) for line, test in reach.SHOWN.items()])
def test_a_story_that_is_named_exists_and_names_the_condition(line: tuple[str, ...], test: str) -> None:
    """A story that was renamed, or that no longer looks for the condition, is noticed."""
    assert reach.mentions(reach.source_of(test), line[1])


def test_what_is_not_built_is_not_built() -> None:
    """As soon as code sets such a condition, it needs a story."""
    made = {entry.key: call.place for call in told.all_told() if len(call.types) == 1 and call.kind for entry in call.entries}
    assert {key: place for key, place in made.items() if key in reach.not_built()} == {}
