"""Samples of long matrices, so that a run is short: always the same ones, until somebody asks for others."""

import os
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
#: A failure is looked for by its name, and two runs of one commit are to agree; all pairs have their turn in `make nightly`.
_SEED = "2026-11-29"


def some(found: Sequence[T], count: int) -> list[T]:
    """So many of them; MTC_TEST_SEED draws others."""
    return random.Random(os.environ.get("MTC_TEST_SEED") or _SEED).sample(list(found), min(count, len(found)))
