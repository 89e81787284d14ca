"""Steps a migration: reads it, runs its phases one after the other until one waits, and writes its status after each.

The status is written with the resourceVersion that was read; when somebody changed the migration meanwhile, the result is
thrown away and the migration stepped again, which is safe because every phase looks before it acts. Between two phases
nothing waits. Expected trouble (a cluster that does not answer, a right that is missing) becomes a condition and is tried
again; a defect becomes a condition as well, and goes on to the loop, which reports it.
"""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from mtc import errors
from mtc.api import base, conditions, names
from mtc.api.conditions import Condition
from mtc.api.migration.migmigration import MigMigration, MigMigrationStatus
from mtc.api.migration.migplan import MigPlan
from mtc.kube import errors as kube_errors
from mtc.kube import resources
from mtc.kube.client import Client, Object
from mtc.migration import (
    checks,
    events,
    flags,
    itineraries,
    parallel,
    record,
    status,
    validation,
)
from mtc.migration.outcome import AT_LATEST_S, Awaited, Done, Fail, Outcome, Wait
from mtc.migration.scope import Scope
from mtc.migration.wakeups import Wakeups
from mtc.telemetry import logs

#: An itinerary has about 40 phases; more in one step would mean that it goes in circles.
_MOST_PHASES = 200
#: A cluster that does not answer this is not there.
_PROBE_S = 5.0
#: Clusters that answered a moment ago need not be asked again.
_PROBE_AGAIN_S = 4.0
#: The first trouble may be a moment's; the second one in a row is told.
_FIRST_RETRY_S = 1.0
_RETRY_S = 8.0
_BLOCKED_S = 60.0


class Named(Protocol):
    """How the caller names a migration; the same object is handed to `wake`."""

    @property
    def namespace(self) -> str:
        """Namespace."""

    @property
    def name(self) -> str:
        """Name."""


class ClusterSource(Protocol):
    """Where clients of MigClusters come from."""

    @property
    def host(self) -> Client:
        """The cluster of the Mig* objects."""

    async def get(self, ref: base.Ref) -> Client:
        """A client for a MigCluster."""


@dataclass
class _Memory:
    """What is remembered of a migration between two steps; losing it only costs a look more."""

    failures: int = 0
    probed: dict[Client, float] = field(default_factory=dict)


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
    """The clock of production, in whole seconds as the API keeps them."""
    return datetime.now(UTC).replace(microsecond=0)


class Runner:
    """Runs all migrations of a host cluster.

    Args:
        clusters: clients of the clusters.
        namespace: where the toolkit lives on every cluster.
        wake: called with the name of a migration that should be stepped now, as it was given to `step`.
        clock: the time.
    """

    def __init__(
        self, *, clusters: ClusterSource, namespace: str, wake: Callable[[Any], None], clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._clusters, self._namespace, self._clock = clusters, namespace, clock
        self._wakeups: Wakeups[Any] = Wakeups(wake)
        self._memory: dict[Any, _Memory] = {}

    async def run(self) -> None:
        """Keeps the watches that waiting migrations need, until cancelled."""
        await self._wakeups.run()

    async def step(self, ref: Named) -> float | None:
        """Runs phases until one waits or the migration is over.

        Returns:
            Seconds after which to step again at the latest; None when only a change can matter.
        """
        memory = self._memory.setdefault(ref, _Memory())
        read: Object | None = None
        try:
            for _ in range(_MOST_PHASES):
                read = await self._clusters.host.find(resources.MIG_MIGRATIONS, ref.name, namespace=ref.namespace)
                pause = await self._once(read, memory) if read else _Pause(None)
                if pause:
                    break
            else:
                msg = f"MigMigration {ref.namespace}/{ref.name} ran {_MOST_PHASES} phases without an end."
                raise RuntimeError(msg)
        except kube_errors.Conflict:
            # Something changed between a look and a write: look again.
            return 0.05
        except errors.MtcError as error:
            pause = await self._trouble(read, memory, str(error), error)
        except Exception as error:
            await self._trouble(read, memory, f"An unexpected {type(error).__name__} occurred; the controller's log has it.", error)
            raise
        else:
            memory.failures = 0
        self._wakeups.expect(ref, pause.for_)
        if pause.after_s is None and not pause.for_:
            self._memory.pop(ref, None)
        return pause.after_s

    async def _once(self, read: Object, memory: _Memory) -> _Pause | None:
        """One phase; None when the next one can run at once."""
        migration = MigMigration.from_dict(read)
        if status.is_over(migration.status) or read["metadata"].get("deletionTimestamp"):
            return _Pause(None)
        plan, staged = await self._validate(migration)
        if plan is None or conditions.has_blocker(staged):
            return await self._blocked(read, migration, plan, staged)
        scope = await self._scope(migration, plan, memory)
        entered = status.enter(migration.status, scope)
        phase = itineraries.ALL[entered.itinerary or ""].phase(entered.phase or "")
        scope.log.info("phase begins", step=phase.step, description=phase.description)
        started = time.monotonic()
        outcome = await phase.run(scope)
        after = status.compute(entered, scope, outcome)
        scope.log.info("phase ends", outcome=type(outcome).__name__, seconds=round(time.monotonic() - started, 3), now=after.phase)
        await self._write(read, migration, plan, after)
        if isinstance(outcome, Done | Fail):
            return None
        return _Pause(_again_s(outcome), (*outcome.for_, *self._declared(migration)))

    async def _validate(self, migration: MigMigration) -> tuple[MigPlan | None, list[Condition]]:
        problem = validation.plan_reference(migration)
        if problem or migration.spec.mig_plan_ref is None:
            return None, [problem] if problem else []
        ref = migration.spec.mig_plan_ref.ref
        host = self._clusters.host
        found = await host.find(resources.MIG_PLANS, ref.name, namespace=ref.namespace)
        if found is None:
            return None, [validation.plan_missing(migration, ref)]
        plan = MigPlan.from_dict(found)
        return plan, validation.check(migration, plan, await self._siblings(migration))

    async def _siblings(self, migration: MigMigration) -> list[MigMigration]:
        """The other migrations of the same plan."""
        plan = migration.spec.mig_plan_ref
        found = await self._clusters.host.list_all(resources.MIG_MIGRATIONS, namespace=migration.namespace)
        others = [MigMigration.from_dict(item) for item in found if item["metadata"]["uid"] != migration.uid]
        return [other for other in others if plan and other.spec.mig_plan_ref and other.spec.mig_plan_ref.ref == plan.ref]

    async def _blocked(self, read: Object, migration: MigMigration, plan: MigPlan | None, staged: list[Condition]) -> _Pause:
        after = status.blocked(migration.status, staged, now=self._clock())
        await self._write(read, migration, plan, after)
        # Plans and other migrations are what can change it; looking now and then costs a few requests.
        others = Awaited(self._clusters.host, resources.MIG_MIGRATIONS, migration.namespace)
        return _Pause(_BLOCKED_S, (*self._declared(migration), others))

    def _declared(self, migration: MigMigration) -> tuple[Awaited, ...]:
        """What a migration depends on in every phase."""
        host = self._clusters.host
        return (Awaited(host, resources.MIG_PLANS, migration.namespace), Awaited(host, resources.MIG_CLUSTERS, migration.namespace))

    async def _scope(self, migration: MigMigration, plan: MigPlan, memory: _Memory) -> Scope:
        source_ref, target_ref = (plan.spec.src_mig_cluster_ref, plan.spec.dest_mig_cluster_ref)
        source = await self._clusters.get(source_ref.ref if source_ref else base.Ref("", ""))
        target = await self._clusters.get(target_ref.ref if target_ref else base.Ref("", ""))
        await self._probe({source, target}, memory)
        return Scope(
            migration=migration,
            plan=plan,
            flags=flags.of(spec=migration.spec, plan=plan, found=migration.status.conditions),
            host=self._clusters.host,
            source=source,
            target=target,
            source_ref=source_ref.ref if source_ref else base.Ref("", ""),
            target_ref=target_ref.ref if target_ref else base.Ref("", ""),
            namespace=self._namespace,
            now=self._clock(),
            log=logs.get(migration=migration.name, plan=plan.name, phase=migration.status.phase or ""),
        )

    async def _probe(self, clusters: set[Client], memory: _Memory) -> None:
        """Raises KubeError when a cluster is not there: a phase's own request might wait for a minute."""
        now = time.monotonic()
        old = [cluster for cluster in clusters if now - memory.probed.get(cluster, 0.0) > _PROBE_AGAIN_S]
        await parallel.gather(cluster.version(deadline_s=_PROBE_S) for cluster in old)
        memory.probed = dict.fromkeys(clusters, now) if old else memory.probed

    async def _trouble(self, read: Object | None, memory: _Memory, text: str, error: Exception) -> _Pause:
        """Tells about trouble in the status; the first time in a row only when it will not pass by itself."""
        memory.failures += 1
        memory.probed.clear()
        passing = isinstance(error, kube_errors.Unreachable | kube_errors.ServerError | kube_errors.TooManyRequests)
        if read is None or (passing and memory.failures == 1):
            return _Pause(_FIRST_RETRY_S)
        migration = MigMigration.from_dict(read)
        reason = error.reason if isinstance(error, errors.MtcError) else type(error).__name__
        where = f"MigMigration {migration.ref} cannot go on in phase {migration.status.phase or 'Created'}"
        message = f"{where}: {text} It is tried again every few seconds and goes on by itself."
        failed = checks.critical(conditions.RECONCILE_FAILED, reason, message)
        after = status.blocked(migration.status, [failed], now=self._clock())
        try:
            await self._write(read, migration, None, after)
        except kube_errors.KubeError as failure:
            logs.get(migration=migration.name).warning("status not written", error=str(failure))
        return _Pause(_RETRY_S, self._declared(migration))

    async def _write(self, read: Object, migration: MigMigration, plan: MigPlan | None, after: MigMigrationStatus) -> None:
        """Writes what changed, labels and owner included; nothing when nothing did."""
        observed = record.digest(read.get("spec") or {})
        new = after.model_copy(update={"observed_digest": observed}).model_dump(mode="json")
        old = migration.status.model_dump(mode="json")
        meta = _metadata(read, migration, plan)
        if new == old and not meta:
            return
        body = {**read, "metadata": {**read["metadata"], **meta}, "status": new}
        body["metadata"]["annotations"] = {**(read["metadata"].get("annotations") or {}), names.TOUCH: str(uuid.uuid4())}
        try:
            await self._clusters.host.replace(resources.MIG_MIGRATIONS, body)
        except kube_errors.NotFound:
            return
        before = {entry.type: entry for entry in migration.status.conditions}
        told = [entry for entry in after.conditions if entry != before.get(entry.type)]
        await events.emit_conditions(self._clusters.host, read, told, now=self._clock())


def _metadata(read: Object, migration: MigMigration, plan: MigPlan | None) -> dict[str, Any]:
    """Labels and owner reference, where they differ from what they should be."""
    found: dict[str, Any] = {}
    wanted = {names.MIGRATION_UID: migration.uid}
    owners = [dict(owner) for owner in read["metadata"].get("ownerReferences") or []]
    if plan is not None:
        wanted[names.MIGPLAN_NAME] = names.label_value(plan.name)
        reference = {"apiVersion": plan.KIND.api_version, "kind": plan.KIND.kind, "name": plan.name, "uid": plan.uid}
        # An owner in another namespace does not count as one: the garbage collector would delete the migration.
        if plan.namespace == migration.namespace and reference not in owners:
            found["ownerReferences"] = [*(owner for owner in owners if owner.get("kind") != plan.KIND.kind), reference]
    labels = read["metadata"].get("labels") or {}
    if wanted.items() - labels.items():
        found["labels"] = {**labels, **wanted}
    return found


def _again_s(outcome: Outcome) -> float:
    return outcome.at_latest_s if isinstance(outcome, Wait) else AT_LATEST_S

