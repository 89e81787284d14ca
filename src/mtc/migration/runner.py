"""Steps a migration: reads it, runs its phases one after the other until one waits, and writes its status between them.

The status is written with the resourceVersion that was read; when somebody changed the migration meanwhile, the result is
thrown away and the migration stepped again, which is safe because every phase looks before it acts. Between two phases
nothing waits; that a phase is through and told nothing new is not even written where the next one is light, because those writes
were most of the time between phases. Expected trouble (a cluster that does not answer, a right that is missing) becomes a condition and is tried
again; a defect becomes a condition as well, and goes on to the loop, which reports it.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mtc import errors
from mtc.api import base, conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migmigration import MigMigration, MigMigrationStatus
from mtc.api.migration.migplan import MigPlan
from mtc.api.settings.model import Settings
from mtc.kube import errors as kube_errors
from mtc.kube import resources
from mtc.kube.client import Object
from mtc.migration import (
    advice,
    alive,
    checks,
    events,
    generated,
    itineraries,
    own_marks,
    parallel,
    places,
    record,
    registry_watch,
    remains,
    retrying,
    reuse,
    status,
    timeline,
    validation,
)
from mtc.migration.migration_registry import health
from mtc.migration.named import Named
from mtc.migration.outcome import AT_LATEST_S, Awaited, Done, Fail, Outcome, Wait
from mtc.migration.phase import Phase
from mtc.migration.run_facts import ClusterSource, Reader, Step
from mtc.migration.scope import Scope
from mtc.migration.stalls import watchdog
from mtc.migration.standing import Standing
from mtc.migration.wakeups import Wakeups
from mtc.telemetry import logs

#: An itinerary has about 40 phases; more in one step would mean that it goes in circles.
_MOST_PHASES = 200
#: The first trouble may be a moment's; the second one in a row is told.
_FIRST_RETRY_S = 1.0
_RETRY_S = 8.0
_BLOCKED_S = 60.0
#: Somebody changes what we write: soon again at first, then slower, and after so long it is told.
_CONFLICT_S = 0.05
_CONFLICT_AT_MOST_S = 1.0
_CONFLICT_TOLD_AFTER_S = 5.0
#: These change with every phase, or with every migration that ends: Events of them would bury those that matter.
_NO_EVENTS = frozenset({conditions.RUNNING, conditions.QUEUED})


@dataclass
class _Memory:
    """What is remembered of a migration between two steps; losing it only costs a look more."""

    failures: int = 0
    phase: str | None = None
    failing_since: datetime | None = None
    conflicts: int = 0
    conflicting_since: datetime | None = None
    last: Scope | None = None

    def goes_on(self) -> None:
        """A row of failures has ended."""
        self.failures, self.failing_since, self.conflicts, self.conflicting_since = 0, None, 0, None


@dataclass(frozen=True)
class _Pause:
    """The migration waits.

    Attributes:
        after_s: look again after so many seconds; None for never.
        for_: what to watch.
    """

    after_s: float | None
    for_: tuple[Awaited, ...] = ()


def utc_now() -> datetime:
    """The clock of production."""
    return datetime.now(UTC)


class Runner:
    """Runs all migrations of a host cluster.

    Args:
        clusters: clients of the clusters.
        namespace: where the toolkit lives on every cluster.
        wake: called with the name of a migration that should be stepped now, as it was given to `step`.
        clock: the time.
        settings: those of the installation that hold now.

    Attributes:
        places: who runs, and who waits for its turn.
    """

    def __init__(
        self,
        *,
        clusters: ClusterSource,
        namespace: str,
        wake: Callable[[Any], None],
        settings: Callable[[], Settings],
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._clusters, self._namespace, self._clock, self._settings = clusters, namespace, clock, settings
        self._reader = Reader(clusters, namespace=namespace, settings=settings, clock=clock)
        self.places = places.Places(clusters.host, lambda: settings().migration_limit, wake)
        self._wakeups: Wakeups[Any] = Wakeups(wake)
        self._memory: dict[Any, _Memory] = {}

    def _now(self) -> datetime:
        """The time in whole seconds, as conditions keep it."""
        return self._clock().replace(microsecond=0)

    async def run(self) -> None:
        """Keeps the watches that waiting migrations need, until cancelled."""
        await self._wakeups.run()

    async def step(self, ref: Named) -> float | None:
        """Runs phases until one waits or the migration is over.

        Returns:
            Seconds after which to step again at the latest; None when only a change can matter.
        """
        memory, step = self._memory.setdefault(ref, _Memory()), Step(ref)
        found = await self._read(memory, step)
        if found is None:
            self.places.leave(ref)
            await remains.tell_abandoned(memory.last, now=self._now())
        pause = await self._guarded(found, memory, step) if found else _Pause(None)
        if found and step.told:
            now, host = self._now(), self._clusters.host
            await parallel.gather(
                events.emit_conditions(host, found, [entry], now=now) for entry in step.told if entry.type not in _NO_EVENTS
            )
        self._wakeups.expect(ref, pause.for_)
        if pause.after_s is None and not pause.for_:
            self._memory.pop(ref, None)
        return pause.after_s

    async def _read(self, memory: _Memory, step: Step) -> Object | None:
        """The migration; what it will be judged by is read at the same time, where an earlier step has told what that is."""
        reading, last = self._clusters.host.find(resources.MIG_MIGRATIONS, step.ref.name, namespace=step.ref.namespace), memory.last
        if last is None:
            return await reading
        found, _ = await parallel.both(reading, self._reader.foresee(last, step))
        if found is None or found["metadata"].get("uid") != last.migration.uid:
            step.forgets()
        return found

    async def _guarded(self, read: Object, memory: _Memory, step: Step) -> _Pause:
        """Runs phases; trouble becomes a condition."""
        try:
            standing = Standing.of(read)
        except base.InvalidResource as error:
            return await self._unreadable(read, error)
        try:
            for _ in range(_MOST_PHASES):
                pause = await self._once(standing, memory, step)
                # A phase that is through ends a row of failures as well: those of the next one are others.
                memory.goes_on()
                if pause:
                    return pause
            msg = f"MigMigration {_title(read)} ran {_MOST_PHASES} phases without an end."
            raise RuntimeError(msg)
        except kube_errors.Conflict as error:
            return await self._conflict(standing, memory, step, error)
        except errors.MtcError as error:
            return await self._trouble(standing, memory, step, error)
        except Exception as error:
            await self._trouble(standing, memory, step, error)
            raise

    async def _conflict(self, standing: Standing, memory: _Memory, step: Step, error: kube_errors.Conflict) -> _Pause:
        """Something changed between a look and a write: look again. One who changes it again and again is told about."""
        memory.conflicts += 1
        memory.conflicting_since = memory.conflicting_since or self._clock()
        if (self._clock() - memory.conflicting_since).total_seconds() < _CONFLICT_TOLD_AFTER_S:
            return _Pause(min(_CONFLICT_S * 2 ** min(memory.conflicts - 1, 10), _CONFLICT_AT_MOST_S))
        with contextlib.suppress(kube_errors.KubeError, base.InvalidResource):
            # The migration itself may be what somebody has changed.
            read = await self._clusters.host.get(resources.MIG_MIGRATIONS, step.ref.name, namespace=step.ref.namespace)
            standing = Standing.of(read)
        return await self._trouble(standing, memory, step, error)

    async def _once(self, standing: Standing, memory: _Memory, step: Step) -> _Pause | None:
        """One phase; None when the next one can run at once."""
        migration = standing.migration
        gone = bool(standing.read["metadata"].get("deletionTimestamp"))
        if not gone and retrying.is_asked(migration):
            return await self._again(standing, step)
        if gone or status.is_over(migration.status):
            self.places.leave(step.ref)
            return _Pause(None)
        plan, staged = await self._reader.validate(migration, step)
        if plan is None or conditions.has_blocker(staged):
            return await self._blocked(standing, plan, staged, step)
        if validation.has_begun(migration):
            self.places.holds(step.ref, migration)
        elif turn := await self.places.ask(step.ref, migration):
            return await self._queued(standing, plan, turn, step)
        memory.last = scope = await self._reader.scope(migration, plan, step)
        return await self._work(standing, memory, step, scope)

    async def _work(self, standing: Standing, memory: _Memory, step: Step, scope: Scope) -> _Pause | None:
        """The phase that a migration is in; None when the next one can run at once."""
        migration, plan = standing.migration, scope.plan
        entered = status.enter(migration.status, scope)
        phase = _phase_of(entered)
        if memory.phase != phase.name:
            scope.log.info("phase begins", step=phase.step, description=phase.description)
            memory.phase = phase.name
        entered, sick = await registry_watch.look_again(scope, entered, phase)
        if sick:
            await self._write(standing, plan, status.blocked(entered, [health.unhealthy(sick)], now=self._now()), step)
            return _Pause(AT_LATEST_S, (*health.awaited(scope), *self._declared(migration)))
        started = time.monotonic()
        outcome = await alive.during(phase.run(scope), {scope.source, scope.target})
        step.ran(phase)
        answered = self._clock()
        stalled, quiet_left_s = await self._watched(entered, scope, phase, outcome, now=answered)
        after = status.compute(entered, scope, outcome, staged=stalled, answered=answered)
        if status.is_over(after) and not migration.is_dry_run:
            after = after.model_copy(update={"rollback": await advice.of(scope, after)})
        tell = scope.log.info if isinstance(outcome, Done | Fail) else scope.log.debug
        tell(
            "phase answered",
            outcome=type(outcome).__name__,
            reason=getattr(outcome, "reason", ""),
            seconds=round(time.monotonic() - started, 3),
        )
        if isinstance(outcome, Done) and _phase_of(after).light and not standing.tells(after):
            standing.holds(after)
        else:
            await self._write(standing, plan, after, step)
        if isinstance(outcome, Done | Fail):
            return None
        held_s = timeline.held_s(entered.pipeline, phase, outcome, now=answered)
        again_s = outcome.at_latest_s if isinstance(outcome, Wait) else AT_LATEST_S
        return _Pause(min(again_s, held_s or AT_LATEST_S, quiet_left_s), (*outcome.for_, *self._declared(migration)))

    async def _watched(
        self, entered: MigMigrationStatus, scope: Scope, phase: Phase, outcome: Outcome, *, now: datetime
    ) -> tuple[list[Condition], float]:
        """What keeps a phase for which nothing has moved for a while, and the seconds until that while is over."""
        stalled_s = self._settings().stalled_seconds
        if not isinstance(outcome, Wait):
            return [], stalled_s
        since = timeline.quiet_since(timeline.note(entered.pipeline, phase, outcome, begun=scope.instant, now=now), phase) or now
        left_s = stalled_s - (now - since).total_seconds()
        if left_s > 0:
            return [], left_s
        return await watchdog.judge(scope, phase, outcome, stalled_s=stalled_s), stalled_s

    async def _blocked(self, standing: Standing, plan: MigPlan | None, staged: list[Condition], step: Step) -> _Pause:
        migration = standing.migration
        if failed := conditions.find(staged, conditions.FAILED):
            self.places.leave(step.ref)
            ended = status.unbegun(migration.status, failed, now=self._now())
            await self._write(standing, plan, ended.model_copy(update={"rollback": advice.of_unbegun()}), step)
            # Others may have let it go first.
            self.places.look_again()
            return _Pause(None)
        await self._write(standing, plan, status.blocked(migration.status, staged, now=self._now()), step)
        if not validation.has_begun(migration):
            self.places.leave(step.ref)
        # Plans and other migrations are what can change it; looking now and then costs a few requests.
        others = Awaited(self._clusters.host, resources.MIG_MIGRATIONS, migration.namespace)
        return _Pause(_BLOCKED_S, (*self._declared(migration), others))

    async def _queued(self, standing: Standing, plan: MigPlan, turn: places.Turn, step: Step) -> _Pause:
        migration, staged = standing.migration, [turn.condition, conditions.ready("The migration is ready to run.")]
        await self._write(standing, plan, status.blocked(migration.status, staged, now=self._now()), step)
        return _Pause(None, self._declared(migration))

    async def _again(self, standing: Standing, step: Step) -> _Pause | None:
        """Answers who asks for another try of a migration that has ended; None when it goes on at once."""
        migration, request = standing.migration, standing.migration.retry_asked
        plan, _ = await self._reader.validate(migration, step)
        refused = retrying.refusal(migration, plan, step.siblings or [], at_work=self.places.at_work)
        if plan is None or refused is not None:
            self.places.leave(step.ref)
            await self._write(standing, plan, status.refused(migration.status, refused, now=self._now()), step, answered=request)
            return _Pause(None)
        if turn := await self.places.ask(step.ref, migration):
            await self._write(standing, plan, status.blocked(migration.status, [turn.condition], now=self._now()), step)
            return _Pause(None, self._declared(migration))
        scope = await self._reader.scope(migration, plan, step)
        found = await reuse.look(scope)
        scope.log.info("another try begins", attempt=migration.attempt + 1, reused=found.reused, passed=found.passed)
        await self._write(standing, plan, retrying.again(migration.status, scope, request, found), step, answered=request)
        return None

    def _declared(self, migration: MigMigration) -> tuple[Awaited, ...]:
        """What a migration depends on in every phase."""
        host = self._clusters.host
        return (Awaited(host, resources.MIG_PLANS, migration.namespace), Awaited(host, resources.MIG_CLUSTERS, migration.namespace))

    async def _trouble(self, standing: Standing, memory: _Memory, step: Step, error: Exception) -> _Pause:
        """Tells about trouble in the status; the first time in a row only when it will not pass by itself."""
        memory.failures += 1
        memory.failing_since = memory.failing_since or self._clock()
        passing = isinstance(error, kube_errors.Unreachable | kube_errors.ServerError | kube_errors.TooManyRequests)
        if passing and memory.failures == 1:
            return _Pause(_FIRST_RETRY_S)
        migration = standing.migration
        if isinstance(error, errors.MtcError):
            reason, why = error.reason, str(error)
        else:
            reason, why = type(error).__name__, f"an unexpected {type(error).__name__} occurred; the controller's log has more."
        where = f"MigMigration {migration.ref} cannot go on in phase {migration.status.phase or 'Created'}"
        message = f"{where}: {why} It is tried again every few seconds and goes on by itself."
        stalled_s = self._settings().stalled_seconds
        lasts = (self._clock() - memory.failing_since).total_seconds() >= stalled_s
        if lasts and (stands_still := await self._stands_still(migration, step)):
            message = f"{message} {stands_still}"
        known = conditions.find(migration.status.conditions, conditions.RECONCILE_FAILED)
        # A write wakes this migration at once, and the next try is refused another name.
        message = generated.steady(known.message if known else "", message)
        told = [checks.critical(conditions.RECONCILE_FAILED, reason, message)]
        if passing and lasts:
            told.append(watchdog.unreachable(error, namespace=self._namespace, stalled_s=stalled_s))
        try:
            await self._write(standing, None, status.blocked(migration.status, told, now=self._now()), step)
        except kube_errors.KubeError as failure:
            logs.get(migration=migration.name).warning("status not written", error=str(failure))
        return _Pause(_RETRY_S, self._declared(migration))

    async def _stands_still(self, migration: MigMigration, step: Step) -> str:
        """What stands still in the source while the migration cannot go on, "" where nothing does or nobody can say."""
        if not validation.has_begun(migration) or migration.is_dry_run:
            return ""
        try:
            async with asyncio.timeout(remains.LOOK_S):
                plan, _ = await self._reader.validate(migration, step)
                return await remains.standing(await self._reader.source_scope(migration, plan, step)) if plan else ""
        except (errors.MtcError, TimeoutError):
            return ""  # what keeps it is told already

    async def _unreadable(self, read: Object, error: base.InvalidResource) -> _Pause:
        """Tells that a migration has another form than servers should let pass; only its own change can help."""
        failed = checks.critical(conditions.RECONCILE_FAILED, error.reason, f"{error}. Nothing is done until that is corrected.")
        written = await record.write(self._clusters.host, resources.MIG_MIGRATIONS, read, record.Findings([failed]), now=self._now())
        return _Pause(None if written else 0.05)

    async def _write(self, standing: Standing, plan: MigPlan | None, after: MigMigrationStatus, step: Step, *, answered: str = "") -> None:
        """Writes what differs from what the server has, metadata included; nothing is written when nothing does."""
        read, before = standing.read, standing.written
        observed = record.digest(read.get("spec") or {})
        new = after.model_copy(update={"observed_digest": observed}).model_dump(mode="json")
        meta = own_marks.missing(read, standing.migration, plan, after, answered=answered)
        if new == before.model_dump(mode="json") and not meta:
            standing.holds(before)
            return
        body = {**read, "metadata": own_marks.touched(read, meta), "status": new}
        standing.settles(await self._clusters.host.replace(resources.MIG_MIGRATIONS, body))
        known = {entry.type: entry for entry in before.conditions}
        step.told.extend(entry for entry in after.conditions if entry != known.get(entry.type))


def _title(read: Object) -> str:
    return f"{read['metadata']['namespace']}/{read['metadata']['name']}"


def _phase_of(found: MigMigrationStatus) -> Phase:
    return itineraries.ALL[found.itinerary or ""].phase(found.phase or "")
