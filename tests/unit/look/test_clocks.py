"""How far clocks differ, told from times in whole seconds."""

import random

import pytest

from mtc.look import clocks
from mtc.look.clocks import Sample


@pytest.mark.parametrize("ahead_s", [-90.0, -3.2, -0.4, 0.0, 0.3, 2.75, 3600.0])
def test_an_offset_is_told_to_half_a_second(ahead_s: float) -> None:
    """However the answers lie within the second, and however long the way is."""
    chance = random.Random(1)
    for _ in range(50):
        start = chance.uniform(1e9, 1e9 + 10)
        samples = []
        for number in range(4):
            asked = start + number * 0.27
            served = asked + chance.uniform(0, 0.1)
            samples.append(Sample(asked, served + chance.uniform(0, 0.1), float(int(served + ahead_s))))
        found = clocks.offset_s(samples)
        assert found is not None
        assert abs(found - ahead_s) <= 0.75


def test_without_an_answer_nothing_is_known() -> None:
    """A cluster that does not answer has no offset."""
    assert clocks.offset_s([]) is None


def test_only_what_anybody_would_notice_is_told() -> None:
    """Against the clock of the host, not that of whoever looks."""
    found = clocks.noticed({"host": 10.0, "near": 10.4, "far": 13.0}, "host")
    assert found == {"far": 3.0}
    assert clocks.told("far", "host", 3.0).startswith("The clock of cluster far is 3.0 s ahead of that of host;")
    assert "behind" in clocks.told("far", "host", -3.0)
