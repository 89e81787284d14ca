"""Whose turn it is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit import pieces
from mtc.api.migration.migmigration import MigMigration, MigMigrationStatus
from mtc.kube import access, codec
from mtc.kube.client import Client
from mtc.migration import places

PLAN = pieces.plan()


def at(second: int, name: str, *, begun: bool = False, phase: str = "", **spec: Any) -> MigMigration:
    """A migration of a second, waiting unless it has begun."""
    found = MigMigrationStatus(phase=phase or "Started", itinerary="Final") if begun or phase else None
    made = pieces.migration(name, status=found, created=f"2026-11-23T10:00:{second:02}Z", **spec)
    # Of plans of their own, so that they do not wait for each other for another reason.
    assert made.spec.mig_plan_ref is not None
    made.spec.mig_plan_ref = made.spec.mig_plan_ref.model_copy(update={"name": f"plan-{name}"})
    return made


def turn(item: MigMigration, *others: MigMigration, limit: int = 2, granted: frozenset[str] = frozenset()) -> places.Turn:
    """Whose turn it is, where each has a plan that is ready."""
    plans = {}
    for entry in (item, *others):
        assert entry.spec.mig_plan_ref is not None
        plans[entry.spec.mig_plan_ref.ref] = PLAN
    return places.turn_of(item, [item, *others], plans, limit=limit, granted=granted)


def test_there_is_a_place_below_the_limit() -> None:
    """What has ended has none any more."""
    found = turn(at(5, "new"), at(1, "runs", begun=True), at(1, "over", phase="Completed"))
    assert found.has_come
    assert [entry.name for entry in found.at_work] == ["runs"]


def test_one_that_failed_before_it_began_waits_for_nothing() -> None:
    """It takes no place, and nobody waits for it."""
    never = at(1, "never")
    never.status = MigMigrationStatus(phase="Completed")
    assert turn(at(5, "new"), never, limit=1).has_come


def test_an_older_one_that_waits_comes_first() -> None:
    """Its place is kept for it, though it has not taken it yet."""
    older = at(2, "older")
    assert not turn(at(5, "new"), at(1, "runs", begun=True), older).has_come
    assert turn(older, at(1, "runs", begun=True), at(5, "new")).has_come


def test_what_was_granted_counts_before_it_is_written() -> None:
    """Two that ask at the same moment do not get the same place, even if the younger one asked first."""
    younger = at(9, "younger")
    assert not turn(at(5, "new"), younger, limit=1, granted=frozenset({younger.uid})).has_come


def test_rollbacks_take_no_place_and_the_canceled_wait_for_none() -> None:
    """They give applications back."""
    found = turn(at(5, "new"), at(1, "back", begun=True, rollback=True), at(1, "stopped", canceled=True), limit=1)
    assert found.has_come


def test_one_whose_plan_is_gone_keeps_nobody_waiting() -> None:
    """It waits for a person."""
    found = places.turn_of(at(5, "new"), [at(1, "lost"), at(5, "new")], {}, limit=1, granted=frozenset())
    assert found.has_come


@given(begun=st.sets(st.integers(0, 9)), limit=st.integers(1, 5))
def test_never_more_than_the_limit_begin_and_never_a_younger_before_an_older(begun: set[int], limit: int) -> None:
    """Whoever is asked in whatever order: those that may begin are the oldest of those that wait, and there is room for them."""
    everyone = [at(number, f"m{number}", begun=number in begun) for number in range(10)]
    waiting = [entry for number, entry in enumerate(everyone) if number not in begun]
    may = [turn(entry, *(other for other in everyone if other is not entry), limit=limit).has_come for entry in waiting]
    room = max(0, limit - len(begun))
    assert may == [True] * min(room, len(waiting)) + [False] * max(0, len(waiting) - room)


class Nobody:
    """A host cluster without any migration or plan that could be read yet."""

    async def request(self, *_: Any, **__: Any) -> bytes:
        """An empty list."""
        return codec.dumps({"kind": "MigMigrationList", "metadata": {"resourceVersion": "9"}, "items": []})


@pytest.mark.parametrize("first_is_rollback", [True, False])
async def test_a_rollback_and_another_migration_of_its_plan_do_not_begin_at_the_same_moment(*, first_is_rollback: bool) -> None:
    """Each has looked before the other was written, and the plan was not ready for one of them: the second one waits."""
    host = Client(access.Access(server="https://nowhere.invalid"), name="host")
    host.transport = Nobody()  # type: ignore[assignment] - the same verbs
    woken: list[str] = []
    found = places.Places(host, lambda: 9, woken.append)
    first, second = (pieces.migration(name, rollback=of) for name, of in (("a", first_is_rollback), ("b", not first_is_rollback)))
    assert await found.ask("a", first) is None
    assert await found.ask("b", second) is not None
    found.leave("a")
    assert woken == ["b"]
    assert await found.ask("b", second) is None
