"""Steps an object that has an itinerary of its own: its legs run one after the other until one waits, then the status is written.

A leg looks at the clusters and trusts nothing that an earlier pass claims, as a phase of a migration does, so the status is not
written between two legs: a process that dies begins again at the leg that was waited in last.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from mtc.api import base, conditions
from mtc.api.conditions import Condition
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.kube.resources import ResourceType
from mtc.migration import checks, events, passes, record
from mtc.migration.named import Named
from mtc.migration.outcome import AT_LATEST_S, Awaited
from mtc.migration.reconcile_cluster import utc_now
from mtc.migration.wakeups import Wakeups

P = TypeVar("P")
COMPLETED = "Completed"
#: What is wrong with a reference may be put right in a cluster that nobody watches.
_BLOCKED_S = 10.0
#: These change with every leg: Events of them would bury those that matter.
_NO_EVENTS = frozenset({conditions.RUNNING})


@dataclass(frozen=True, kw_only=True)
class Through:
    """The leg is through.

    Attributes:
        conditions: what it found out.
        removed: durable conditions that hold no longer.
        fields: of the status, by their JSON names.
        settles: whether the status must be written before the next leg, which takes away what tells of it.
    """

    conditions: Sequence[Condition] = ()
    removed: frozenset[str] = frozenset()
    fields: Mapping[str, Any] = field(default_factory=dict)
    settles: bool = False


@dataclass(frozen=True, kw_only=True)
class Waits:
    """The leg goes on when something changes.

    Attributes:
        for_: what to watch.
        conditions: what holds meanwhile.
        fields: of the status, by their JSON names.
        at_latest_s: look again after so many seconds.
    """

    for_: tuple[Awaited, ...] = ()
    conditions: Sequence[Condition] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    at_latest_s: float = AT_LATEST_S


@dataclass(frozen=True, kw_only=True)
class Failed:
    """The copy has failed.

    Attributes:
        errors: what went wrong, for `status.errors`.
        category: of the condition Failed.
        conditions: what was found out before.
        fields: of the status, by their JSON names.
    """

    errors: tuple[str, ...]
    category: str = conditions.CRITICAL
    conditions: Sequence[Condition] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


Outcome = Through | Waits | Failed


@dataclass(frozen=True)
class Leg(Generic[P]):
    """One idempotent piece of work.

    Attributes:
        name: what `status.phase` shows; "" for the very first one.
        description: what it does, for people.
        run: does the work.
    """

    name: str
    description: str
    run: Callable[[P], Awaitable[Outcome]]


@dataclass(frozen=True)
class Course(Generic[P]):
    """Legs in their order.

    Attributes:
        name: what `status.itinerary` shows.
        failed: what it shows of one that has failed.
        legs: the last one of which is Completed.
        what: what it is called in sentences: "The copy of volumes".
        describes: whether the status has a field `phaseDescription`.
    """

    name: str
    failed: str
    legs: tuple[Leg[P], ...]
    what: str
    describes: bool = False

    def described(self, text: str) -> dict[str, str]:
        """What the status says of a leg besides its name."""
        return {"phaseDescription": text} if self.describes else {}


async def go_on(_: object) -> Outcome:
    """A leg that is only shown."""
    return Through()


#: What a pass works with, None where it cannot be found; and the conditions that follow from what is declared.
Look = Callable[[Object], Awaitable[tuple[P | None, list[Condition]]]]


class Stepper(Generic[P]):
    """Steps the objects of one kind.

    Args:
        kind: their type.
        host: where they are.
        look: what a pass works with.
        course: the itinerary of such objects.
        release: takes everything back that an object has made, because it is being deleted; whether that is through.
        left: called with the name of an object that is not stepped on: it is over, gone or being deleted.
        wake: called with the name of an object that should be stepped now.
        finalizer: that such objects carry until they are released; "" without one.
        clock: the time.
        deadline_s: for one pass.
    """

    def __init__(
        self,
        kind: ResourceType,
        *,
        host: Client,
        look: Look[P],
        course: Course[P],
        wake: Callable[[Any], None],
        release: Callable[[Object], Awaitable[bool]] | None = None,
        left: Callable[[Named], None] = lambda _: None,
        finalizer: str = "",
        clock: Callable[[], datetime] = utc_now,
        deadline_s: float = passes.DEADLINE_S,
    ) -> None:
        self._kind, self._host, self._look, self._course, self._clock = kind, host, look, course, clock
        self._release, self._finalizer, self._deadline_s, self._left = release, finalizer, deadline_s, left
        self._wakeups: Wakeups[Any] = Wakeups(wake)

    async def run(self) -> None:
        """Keeps the watches that waiting objects need, until cancelled."""
        await self._wakeups.run()

    async def step(self, ref: Named) -> float | None:
        """Runs legs until one waits or the end has come. Seconds after which to step again at the latest; None for when it changes."""
        waits: list[Waits] = []

        async def look(read: Object) -> record.Findings:
            return await self._pass(read, waits)

        read = await self._host.find(self._kind, ref.name, namespace=ref.namespace)
        if read is None or is_over(read) or read["metadata"].get("deletionTimestamp"):
            self._wakeups.expect(ref, ())
            self._left(ref)
            return await self._released(read) if read is not None and read["metadata"].get("deletionTimestamp") else None
        if self._finalizer and self._finalizer not in (read["metadata"].get("finalizers") or []):
            await self._mark(read, [*(read["metadata"].get("finalizers") or []), self._finalizer])
        named = base.Ref(ref.namespace, ref.name)
        done = await passes.over(
            self._kind, named, host=self._host, look=look, clock=self._clock, deadline_s=self._deadline_s, tell=_tell_lasting
        )
        held = waits[0] if waits else None
        self._wakeups.expect(ref, held.for_ if held else ())
        if done is None:
            return None
        return done.again_s(held.at_latest_s if held else None if done.through else passes.RETRY_S)

    async def _released(self, read: Object) -> float | None:
        finalizers = read["metadata"].get("finalizers") or []
        if not self._finalizer or self._finalizer not in finalizers:
            return None
        if self._release is not None and not await self._release(read):
            return AT_LATEST_S
        await self._mark(read, [entry for entry in finalizers if entry != self._finalizer])
        return None

    async def _mark(self, read: Object, finalizers: Sequence[str]) -> None:
        meta = read["metadata"]
        body: Object = {"metadata": {"resourceVersion": meta["resourceVersion"], "finalizers": list(finalizers)}}
        await self._host.patch(self._kind, meta["name"], body, namespace=meta["namespace"])

    async def _pass(self, read: Object, waits: list[Waits]) -> record.Findings:
        scope, staged = await self._look(read)
        status: dict[str, Any] = read.get("status") or {}
        if scope is None or conditions.has_blocker(staged):
            clusters = Awaited(self._host, resources.MIG_CLUSTERS, read["metadata"]["namespace"])
            waits.append(Waits(for_=(clusters,), at_latest_s=_BLOCKED_S))
            running = conditions.find(conditions.readable(status), conditions.RUNNING)
            return record.Findings([*staged, *([running] if running else [])])
        course, now = self._course, self._clock().replace(microsecond=0)
        fields: dict[str, Any] = {"itinerary": course.name, "startTimestamp": status.get("startTimestamp") or base.format_time(now)}
        names = [leg.name for leg in course.legs]
        first = names.index(status["phase"]) if status.get("phase") in names else 0
        found: list[Condition] = list(staged)
        removed: set[str] = set()
        for number, leg in enumerate(course.legs[first:], first + 1):
            outcome = await leg.run(scope)
            found += outcome.conditions
            fields |= outcome.fields
            match outcome:
                case Through():
                    removed |= outcome.removed
                    if outcome.settles:
                        waits.append(Waits(at_latest_s=0.0))
                        return _under_way(course, number + 1, found, removed, fields)
                case Waits():
                    waits.append(outcome)
                    return _under_way(course, number, found, removed, fields)
                case Failed():
                    return _failure(course, leg.name, outcome, found, fields)
        done = Condition(
            type=conditions.SUCCEEDED,
            category=conditions.ADVISORY,
            reason=conditions.COMPLETED,
            message=f"{course.what} has been done.",
            durable=True,
        )
        ended = {"phase": COMPLETED, **course.described(course.legs[-1].description)}
        return record.Findings([*found, done, conditions.ready(f"{course.what} has been done.")], frozenset(removed), {**fields, **ended})


def is_over(read: Object) -> bool:
    """Whether an object has come to its end, however it ended."""
    return bool((read.get("status") or {}).get("phase") == COMPLETED)


def _under_way(
    course: Course[P], number: int, found: Sequence[Condition], removed: Iterable[str], fields: Mapping[str, Any]
) -> record.Findings:
    """At the leg of that number, from 1 on."""
    leg = course.legs[number - 1]
    running = checks.advisory(conditions.RUNNING, leg.name, f"Step {number} of {len(course.legs)}")
    place = {"phase": leg.name, **course.described(leg.description)}
    return record.Findings([*found, running, conditions.ready(f"{course.what} runs.")], frozenset(removed), {**place, **fields})


def _failure(course: Course[P], leg: str, outcome: Failed, found: Sequence[Condition], fields: Mapping[str, Any]) -> record.Findings:
    text = f"{course.what} has failed: {outcome.errors[0]} All reasons are in status.errors."
    failed = Condition(type=conditions.FAILED, category=outcome.category, reason=leg or "Created", message=text, durable=True)
    ended = {"phase": COMPLETED, "itinerary": course.failed, "errors": list(dict.fromkeys(outcome.errors))}
    described = course.described("It has failed; status.errors says why.")
    return record.Findings([*found, failed], frozenset(), {**fields, **ended, **described})


async def _tell_lasting(cluster: Client, about: Object, changed: Iterable[Condition], *, now: datetime) -> None:
    await events.emit_conditions(cluster, about, [entry for entry in changed if entry.type not in _NO_EVENTS], now=now)
