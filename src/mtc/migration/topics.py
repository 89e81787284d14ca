"""What a step tells the loop: what its result depends on, and when to look again at the latest."""

from dataclasses import dataclass

from mtc.kube.mirror import Topic

__all__ = ["Result", "Topic"]


@dataclass(frozen=True)
class Result:
    """What a step leaves behind.

    Attributes:
        after_s: look again after so many seconds; None for "when something changes".
        topics: what to watch until then.
        version: the resourceVersion that the object has after it, where a step on just this would find nothing more to do; "" where it might.
    """

    after_s: float | None = None
    topics: frozenset[Topic] = frozenset()
    version: str = ""
