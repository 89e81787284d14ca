"""When a Schedule is due: cron's five fields, its descriptors, and `@every` with a duration, as Velero's Schedules have them.

An expression may begin with `CRON_TZ=` (or `TZ=`) and a time zone; without one it is in UTC.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from mtc.api import durations
from mtc.engine.errors import EngineError

_DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_EVERY = "@every "
_ADVICE = "Write the five fields of cron, such as '0 1 * * *', or '@daily', or '@every 6h'."


class InvalidCron(EngineError):
    """A text says no times."""

    reason = "InvalidSchedule"


def after(expression: str, moment: datetime) -> datetime:
    """The first time that is later than a moment.

    Args:
        expression: when, see the module.
        moment: aware.

    Returns:
        A time in UTC, in whole seconds.

    Raises:
        InvalidCron: the expression says no times.
    """
    zone, text = _zone(expression.strip())
    if text.startswith(_EVERY):
        return (moment + _interval(text)).astimezone(UTC).replace(microsecond=0)
    try:
        return next(CronSim(_DESCRIPTORS.get(text, text), moment.astimezone(zone))).astimezone(UTC)
    except (CronSimError, StopIteration) as error:
        msg = f"{expression!r} is no schedule. {_ADVICE}"
        raise InvalidCron(msg) from error


def _zone(expression: str) -> tuple[tzinfo, str]:
    head, _, rest = expression.partition(" ")
    for mark in ("CRON_TZ=", "TZ="):
        if head.startswith(mark):
            name = head.removeprefix(mark)
            try:
                return ZoneInfo(name), rest.strip()
            except (ZoneInfoNotFoundError, ValueError, OSError) as error:
                msg = f"{name!r} in {expression!r} is no time zone. Write one such as Europe/Madrid, or leave it away for UTC."
                raise InvalidCron(msg) from error
    return UTC, expression


def _interval(text: str) -> timedelta:
    try:
        found = durations.parse(text.removeprefix(_EVERY).strip())
    except durations.InvalidDuration as error:
        msg = f"{text!r} is no schedule: {error}"
        raise InvalidCron(msg) from error
    # What is shorter would be due all the time.
    return max(found - timedelta(microseconds=found.microseconds), timedelta(seconds=1))
