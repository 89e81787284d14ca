"""What follows from two looks at the same items: rates, expected ends, and whether anything has moved. Pure.

Everything that is compared with stands in the status, so that a controller that is started anew goes on where the one
before it was: the rate over the time in between is the mean of that time.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from mtc.api.figures import ENDED, ItemFigures, Measure, State, StepFigures

#: Figures are written this often at most; people do not read faster, and each write wakes everybody who watches.
SHORTEST_S = 2.0
#: Node agents tell every two seconds: a mean over five of these is steady, and follows a change within a few breaths.
_SMOOTH_S = 10.0
#: What has not moved for so long has no rate. Longer than a node agent is silent over a large file.
_STILL_S = 30.0
#: An end in years is none: the rate is that of something which has only begun, or hardly moves.
_FARTHEST_S = 366 * 86_400.0
#: One volume takes about half a kilobyte; an object in etcd may have one and a half megabytes.
_MOST_ITEMS = 200
_ORDER = (State.FAILED, State.PARTIALLY_FAILED, State.CANCELED, State.RUNNING, State.WAITING, State.COMPLETED)
#: What may change of an item without its having moved.
_ABOUT_TIME = {"bytes_per_second", "objects_per_second", "eta_seconds", "eta", "moved"}

M = TypeVar("M", bound=Measure)


def early_s(old: StepFigures | None, now: datetime) -> float:
    """Seconds until figures may be written again; 0 when they may now."""
    if old is None or old.updated is None:
        return 0.0
    return max(0.0, SHORTEST_S - (now - old.updated).total_seconds())


def step(old: StepFigures | None, items: Iterable[ItemFigures], *, now: datetime) -> StepFigures:
    """The figures of a step; the old ones themselves where nothing is different.

    Args:
        old: what the status has.
        items: as they are now, without rates.
        now: the time, as exact as there is.
    """
    known = {_key(item): item for item in old.items} if old else {}
    # What the list has no room for is compared by the sums only.
    unseen = old.moved if old and old.omitted else now
    fresh = [_item(known.get(_key(item)), item, unseen=unseen, now=now) for item in items]
    sizeless = sum(item.bytes_total is None and item.pod is not None and item.state not in ENDED for item in fresh)
    total = _total(old, fresh, sizeless=sizeless, now=now)
    has_moved = old is None or _done(old.total) != _done(total) or any(item.moved == now for item in fresh)
    shown = sorted(fresh, key=lambda item: (_ORDER.index(State(item.state)), item.cluster, item.kind, item.name))
    found = StepFigures(
        updated=now,
        moved=now if old is None or has_moved else old.moved,
        total=total,
        waiting=sum(item.state == State.WAITING for item in fresh),
        running=sum(item.state == State.RUNNING for item in fresh),
        ended=sum(item.state in ENDED for item in fresh),
        unknown_sizes=sizeless,
        items=shown[:_MOST_ITEMS],
        omitted=max(0, len(shown) - _MOST_ITEMS),
    )
    return old if old is not None and _lasting(old) == _lasting(found) else found


def mark(items: Iterable[ItemFigures]) -> str:
    """A text that is another one as soon as one of the items has moved."""
    return "; ".join(sorted(str(sorted(_plain(item).items(), key=str)) for item in items))


def _key(item: ItemFigures) -> tuple[str, str, str]:
    return item.cluster, item.kind, item.name


def _plain(item: ItemFigures) -> dict[str, object]:
    return item.model_dump(mode="json", exclude=_ABOUT_TIME)


def _lasting(figures: StepFigures) -> dict[str, object]:
    """Without what changes by the mere passing of time."""
    ages = {"eta_seconds"}
    return figures.model_dump(mode="json", exclude={"updated": True, "total": ages, "items": {"__all__": ages}})


def _done(measure: Measure) -> tuple[int | None, ...]:
    return measure.bytes_done, measure.bytes_total, measure.objects_done, measure.objects_total


def _item(old: ItemFigures | None, new: ItemFigures, *, unseen: datetime | None, now: datetime) -> ItemFigures:
    still = unseen if old is None else old.moved if _plain(old) == _plain(new) else None
    moved = still or now
    if new.state in ENDED:
        rates = _means(new, _seconds(new.started, new.completed))
    elif old is None:
        rates = _means(new, _seconds(new.started, now))
    else:
        rates = _rates(old, new, since=old.moved, now=now)
    made = new.model_copy(update={"moved": moved, **rates})
    return made if new.state in ENDED else _with_end(made, [made], before=old, now=now)


def _total(old: StepFigures | None, items: Sequence[ItemFigures], *, sizeless: int, now: datetime) -> Measure:
    new = Measure(
        bytes_done=_sum(item.bytes_done for item in items),
        bytes_total=_sum(item.bytes_total for item in items),
        objects_done=_sum(item.objects_done for item in items),
        objects_total=_sum(item.objects_total for item in items),
    )
    begun = min((item.started for item in items if item.started), default=None)
    ended = max((item.completed for item in items if item.completed), default=None)
    if all(item.state in ENDED for item in items):
        return new.model_copy(update=_means(new, _seconds(begun, ended)))
    rates = _rates(old.total, new, since=old.moved, now=now) if old else _means(new, _seconds(begun, now))
    made = new.model_copy(update=rates)
    return made if sizeless else _with_end(made, items, before=old.total if old else None, now=now)


def _sum(values: Iterable[int | None]) -> int | None:
    found = [value for value in values if value is not None]
    return sum(found) if found else None


def _means(of: Measure, over_s: float) -> dict[str, int | None]:
    """The rates over the whole time; none for less than the second in which objects tell times."""
    return {
        f"{word}_per_second": round(done / over_s) if (done := getattr(of, f"{word}_done")) and over_s >= 1 else None
        for word in ("bytes", "objects")
    }


def _rates(old: Measure, new: Measure, *, since: datetime | None, now: datetime) -> dict[str, int | None]:
    after_s = _seconds(since, now)
    return {
        f"{word}_per_second": _smoothed(
            getattr(old, f"{word}_per_second"), getattr(old, f"{word}_done") or 0, getattr(new, f"{word}_done"), after_s
        )
        for word in ("bytes", "objects")
    }


def _smoothed(rate: int | None, before: int, done: int | None, after_s: float) -> int | None:
    """The rate after another look: the share of what was seen now grows with the time over which it was seen."""
    if done is None or done == before or after_s <= 0:
        return rate if after_s < _STILL_S else None
    seen = max(0.0, (done - before) / after_s)
    share = 1.0 if rate is None else 1.0 - math.exp(-after_s / _SMOOTH_S)
    return round((rate or 0) * (1.0 - share) + seen * share)


def _with_end(made: M, parts: Iterable[ItemFigures], *, before: Measure | None, now: datetime) -> M:
    """With the expected end of the parts that have not ended, where something is left and moves."""
    live = [part for part in parts if part.state not in ENDED]
    left_s = [_left_s(sum(_left(part, word) for part in live), getattr(made, f"{word}_per_second")) for word in ("bytes", "objects")]
    if None in left_s or not any(left_s):
        return made
    longest_s = max(entry or 0.0 for entry in left_s)
    if longest_s > _FARTHEST_S:
        return made
    end = (now + timedelta(seconds=longest_s)).replace(microsecond=0)
    if before is not None and before.eta is not None and _basis(before) == _basis(made):
        # The same rate and the same rest lead to the same end, whenever it is computed.
        end, longest_s = before.eta, max(0.0, (before.eta - now).total_seconds())
    return made.model_copy(update={"eta_seconds": math.ceil(longest_s), "eta": end})


def _basis(measure: Measure) -> tuple[int | None, ...]:
    return (*_done(measure), measure.bytes_per_second, measure.objects_per_second)


def _left(part: Measure, word: str) -> int:
    return max(0, (getattr(part, f"{word}_total") or 0) - (getattr(part, f"{word}_done") or 0))


def _left_s(left: int, rate: int | None) -> float | None:
    """Seconds until all is done; 0 where nothing is left, None where nobody can know."""
    if not left:
        return 0.0
    return left / rate if rate else None


def _seconds(begin: datetime | None, end: datetime | None) -> float:
    return (end - begin).total_seconds() if begin and end else 0.0
