"""How many migrations run side by side, and who waits for a place: the oldest first, whatever plan it belongs to.

Nothing of it is kept anywhere but in the migrations themselves: one that has begun and not ended has a place. What has been
granted in this process and is not written yet is remembered until it is, so that two that ask at the same moment do not get
the same place. Nobody polls: who waits is woken when a place becomes free, or when more may run.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mtc.api import base, conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migmigration import MigMigration
from mtc.api.migration.migplan import MigPlan
from mtc.kube import resources
from mtc.kube.client import Client
from mtc.migration import checks, validation


@dataclass(frozen=True)
class Turn:
    """Whether a migration may begin.

    Attributes:
        at_work: those that have a place, by age.
        ahead: those that wait and come first, by age.
        limit: how many may run side by side.
    """

    at_work: tuple[MigMigration, ...]
    ahead: tuple[MigMigration, ...]
    limit: int

    @property
    def has_come(self) -> bool:
        """Whether there is a place for it, when all that come first have taken theirs."""
        return len(self.at_work) + len(self.ahead) < self.limit

    @property
    def condition(self) -> Condition:
        """Says who comes first."""
        text = (
            f"Waits for its turn behind []: {len(self.at_work)} of them are at work, {len(self.ahead)} wait and are older. No more than "
            f"{self.limit} migrations run side by side (setting mig_migration_limit). It starts by itself."
        )
        return checks.advisory(conditions.QUEUED, "", text, items=[entry.name for entry in (*self.at_work, *self.ahead)])


def needs_none(migration: MigMigration) -> bool:
    """A rollback and a canceled migration never wait: they give an application back, and take little."""
    return migration.spec.rollback or migration.spec.canceled


def turn_of(
    migration: MigMigration, everyone: Sequence[MigMigration], plans: Mapping[base.Ref, MigPlan], *, limit: int, granted: frozenset[str]
) -> Turn:
    """Whose turn it is. Pure.

    Args:
        migration: one that waits.
        everyone: all migrations of the host cluster.
        plans: their plans.
        limit: how many may run side by side.
        granted: UIDs of those that have got a place and may not have begun yet.
    """
    others = sorted((entry for entry in everyone if entry.uid != migration.uid and _is_there(entry)), key=lambda entry: entry.age)
    at_work = tuple(entry for entry in others if not entry.spec.rollback and (validation.is_at_work(entry) or entry.uid in granted))
    waiting = [entry for entry in others if validation.wants_to_begin(entry) and entry.uid not in granted and not needs_none(entry)]
    older = [entry for entry in waiting if entry.age < migration.age]
    return Turn(at_work, tuple(entry for entry in older if _could_begin(entry, everyone, plans)), limit)


def _is_there(migration: MigMigration) -> bool:
    return not migration.metadata.get("deletionTimestamp")


def _could_begin(migration: MigMigration, everyone: Sequence[MigMigration], plans: Mapping[base.Ref, MigPlan]) -> bool:
    """Whether only the lack of a place keeps it: one that waits for a person must not keep others waiting."""
    plan = plans.get(migration.spec.mig_plan_ref.ref) if migration.spec.mig_plan_ref else None
    if plan is None:
        return False
    one_cluster = plan.spec.src_mig_cluster_ref == plan.spec.dest_mig_cluster_ref
    return not validation.check(migration, plan, validation.siblings(migration, everyone), one_cluster=one_cluster)


@dataclass
class Places:
    """The places of one host cluster.

    Attributes:
        host: where the migrations are.
        limit: how many may run side by side, now.
        wake: called with who waits, as it was named, when it should look again.
    """

    host: Client
    limit: Callable[[], int]
    wake: Callable[[Any], None]
    _waiting: dict[Any, None] = field(default_factory=dict)
    _holding: dict[Any, MigMigration] = field(default_factory=dict)

    @property
    def at_work(self) -> list[MigMigration]:
        """Those that have a place as far as this process knows, what is not written yet included."""
        return list(self._holding.values())

    async def ask(self, who: Any, migration: MigMigration) -> Turn | None:
        """A place for a migration that has not begun, or is to be tried again: None when it has one, else whom it waits for.

        Args:
            who: how the caller names it.
            migration: the one.
        """
        if who in self._holding or migration.spec.canceled:
            return None
        # Before anything is read: a place that becomes free while we read must wake this one.
        self._waiting[who] = None
        host, namespace = self.host, migration.namespace
        everyone = list(MigMigration.readable(await host.list_all(resources.MIG_MIGRATIONS, namespace=namespace)))
        plans = {plan.ref: plan for plan in MigPlan.readable(await host.list_all(resources.MIG_PLANS, namespace=namespace))}
        granted = frozenset(held.uid for held in self._holding.values())
        turn = turn_of(migration, everyone, plans, limit=self.limit(), granted=granted)
        # Between the look of a migration at the others of its plan and now, one of these may have got its place.
        rivals = [] if migration.is_dry_run else validation.siblings(migration, self.at_work)
        if rivals or not (turn.has_come or needs_none(migration)):
            return turn
        del self._waiting[who]
        self._holding[who] = migration
        return None

    def holds(self, who: Any, migration: MigMigration) -> None:
        """A migration is at work."""
        self._waiting.pop(who, None)
        self._holding[who] = migration

    def leave(self, who: Any) -> None:
        """A migration has ended, is gone, or cannot begin for another reason than the lack of a place."""
        known = who in self._holding or who in self._waiting
        self._holding.pop(who, None)
        self._waiting.pop(who, None)
        if known:
            self.look_again()

    def look_again(self) -> None:
        """Wakes all who wait."""
        for who in list(self._waiting):
            self.wake(who)
