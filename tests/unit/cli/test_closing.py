"""A plan that is to be closed, and waits for a run that is at work, is not taken for a closed one."""

import pytest

from kit import pieces
from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.cli import cluster
from mtc.look import tree


@pytest.mark.parametrize(
    ("told", "shown"),
    [([], "Closed"), ([conditions.CLOSED], "Closed"), ([conditions.CLOSING, conditions.READY], "Closing")],
    ids=["not looked at", "closed", "waits"],
)
def test_a_plan_that_waits_is_not_closed(told: list[str], shown: str) -> None:
    """Its cluster is in use, and the tree says that it is closing."""
    known = [Condition(type=name) for name in told]
    plan = pieces.plan(closed=True)
    plan.status.conditions = known
    assert tree._closed(known) == shown
    assert cluster._is_open(plan) is (shown == "Closing")


def test_an_open_plan_is_open() -> None:
    """Whatever its conditions."""
    assert cluster._is_open(pieces.plan())
