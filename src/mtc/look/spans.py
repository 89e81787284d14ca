"""Lengths of time for people: the two largest units, as kubectl writes them."""

from datetime import timedelta

_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def text(length: timedelta) -> str:
    """For instance `3d4h`, `5m12s` or `0s`."""
    left = max(0, int(length.total_seconds()))
    parts: list[tuple[int, str]] = []
    for unit, seconds in _UNITS:
        count, left = divmod(left, seconds)
        if count or parts:
            parts.append((count, unit))
    shown = [f"{count}{unit}" for count, unit in parts[:2] if count]
    return "".join(shown) or "0s"
