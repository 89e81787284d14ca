"""Names that an API server makes up for objects with `generateName`: another one for each try, also for one that it refuses."""

import re

#: The letters and digits that Kubernetes takes for them.
_SUFFIX = re.compile(r"-[bcdfghjklmnpqrstvwxz2456789]{5}(?![\w-])")


def steady(before: str, now: str) -> str:
    """What is told already where the new message differs from it in such names alone, else the new message. Pure."""
    return before if _SUFFIX.sub("-", before) == _SUFFIX.sub("-", now) else now
