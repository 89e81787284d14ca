"""Tell a person on stderr what the lab is doing, and how long it took."""

import contextlib
import sys
import time
from collections.abc import Iterator


def say(text: str) -> None:
    """One line on stderr."""
    print(f"lab: {text}", file=sys.stderr, flush=True)  # noqa: T201 - this is the lab's one way to talk to a person


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    """Say what starts now, and how long it took when it has worked."""
    say(f"{text} ...")
    started = time.monotonic()
    yield
    say(f"{text.split(' (', maxsplit=1)[0]}: done in {time.monotonic() - started:.1f} s")
