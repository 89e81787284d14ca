"""Durations as Go writes them, such as `720h0m0s`: the form of every duration in the custom resources.

The models keep the string that was written; whoever computes with it parses it here. Go counts in nanoseconds and Python
in microseconds, so anything finer is rounded towards zero.
"""

import re
from datetime import timedelta

from mtc.errors import MtcError

_NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # micro sign
    "μs": 1_000,  # the Greek letter, which Go accepts as well
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_MICROSECONDS = {"h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000}
_PART = re.compile(r"([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)")
_GO_LIMIT_NS = 2**63 - 1  # Go keeps a duration in 64 bits: about 292 years


class InvalidDuration(MtcError):
    """A text is not a duration that Go would accept."""

    reason = "InvalidDuration"
    exit_code = 2


def parse(text: str) -> timedelta:
    """Return the length of time that `text` says, such as `1h30m`, `250ms`, `-5s` or `0`.

    Raises:
        InvalidDuration: Go would refuse the text.
    """
    body = text[1:] if text[:1] in {"+", "-"} else text
    if body == "0":
        return timedelta()
    total_ns, at = 0, 0
    while at < len(body):
        part = _PART.match(body, at)
        if part is None or not (part[1] or part[2]):
            raise InvalidDuration(_advice(text))
        total_ns += _part_ns(whole=part[1], fraction=part[2] or "", unit=part[3])
        at = part.end()
    if not body or total_ns > _GO_LIMIT_NS:
        raise InvalidDuration(_advice(text))
    length = timedelta(microseconds=total_ns // 1_000)
    return -length if text[0] == "-" else length


def _part_ns(*, whole: str, fraction: str, unit: str) -> int:
    scale = _NANOSECONDS[unit]
    return int(whole or "0") * scale + (int(fraction) * scale // 10 ** len(fraction) if fraction else 0)


def _advice(text: str) -> str:
    return f"{text!r} is not a duration: write numbers with units, for example `1h30m`, `90s` or `720h0m0s`"


def format_duration(length: timedelta) -> str:
    """Return `length` exactly as Go prints it: `720h0m0s`, `1m30s`, `1.5s`, `250ms`, `0s`."""
    microseconds = length // timedelta(microseconds=1)
    sign, microseconds = ("-", -microseconds) if microseconds < 0 else ("", microseconds)
    if microseconds == 0:
        return "0s"
    if microseconds < 1_000:  # noqa: PLR2004 - below a millisecond
        return f"{sign}{microseconds}µs"
    if microseconds < _MICROSECONDS["s"]:
        return f"{sign}{_decimal(microseconds, unit=1_000)}ms"
    hours, rest = divmod(microseconds, _MICROSECONDS["h"])
    minutes, rest = divmod(rest, _MICROSECONDS["m"])
    seconds = _decimal(rest, unit=_MICROSECONDS["s"])
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}s"
    return f"{sign}{minutes}m{seconds}s" if minutes else f"{sign}{seconds}s"


def _decimal(value: int, *, unit: int) -> str:
    whole, rest = divmod(value, unit)
    digits = f"{rest:0{len(str(unit)) - 1}d}".rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)
