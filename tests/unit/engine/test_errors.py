"""What a run says when it ends for a reason of its own machine."""

import errno
import sqlite3

import pytest

from mtc.engine.errors import LocationTrouble, told


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), sqlite3.OperationalError("database or disk is full")])
def test_a_full_disk_is_told_with_what_to_do(error: Exception) -> None:
    """Where, why, and what next."""
    text = told(error)
    assert str(error) in text
    assert "has space there" in text


def test_what_says_enough_is_left_as_it_is() -> None:
    """Errors of ours are sentences already."""
    assert told(LocationTrouble("It is gone.")) == "It is gone."
