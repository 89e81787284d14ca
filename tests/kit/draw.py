"""Samples of long matrices: some of it each day, others the next, so that a run is short and all have their turn."""

import os
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

T = TypeVar("T")


def some(found: Sequence[T], count: int) -> list[T]:
    """So many, the same ones all day, because what failed is looked for by its name; MTC_TEST_SEED draws others."""
    seed = os.environ.get("MTC_TEST_SEED") or datetime.now(UTC).date().isoformat()
    return random.Random(seed).sample(list(found), min(count, len(found)))
