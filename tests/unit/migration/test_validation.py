"""Which migration may run now, and what is said to those that may not."""

import pytest

from kit import pieces
from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migmigration import MigMigration, MigMigrationStatus
from mtc.api.migration.migplan import MigPlan
from mtc.migration import validation


def ended(name: str, how: str, *, created: str = "2026-11-23T10:00:00Z", **spec: bool) -> MigMigration:
    """A migration that has ended."""
    found = MigMigrationStatus(phase="Completed", itinerary="Final", conditions=[Condition(type=how)])
    return pieces.migration(name, status=found, created=created, **spec)


def running(name: str, **spec: bool) -> MigMigration:
    """A migration that is at work."""
    found = MigMigrationStatus(phase="InitialBackupCreated", itinerary="Final", conditions=[Condition(type=conditions.RUNNING)])
    return pieces.migration(name, status=found, created="2026-11-23T12:00:00Z", **spec)


def types(item: MigMigration, plan: MigPlan, *siblings: MigMigration) -> list[str]:
    """The types of what keeps a migration from running."""
    return [entry.type for entry in validation.check(item, plan, siblings)]


def test_a_migration_of_a_ready_plan_may_run() -> None:
    """Nothing is said."""
    assert types(pieces.migration(), pieces.plan(pieces.volume("a"))) == []


def test_a_plan_is_needed() -> None:
    """Reference missing, plan missing, plan not ready, plan closed: each has its own condition."""
    lost = pieces.migration()
    lost.spec.mig_plan_ref = None
    found = validation.plan_reference(lost)
    assert found is not None
    assert (found.type, found.reason, found.category) == ("InvalidPlanRef", "NotSet", "Critical")
    missing = validation.plan_missing(pieces.migration(), pieces.plan().ref)
    assert (missing.type, missing.reason) == ("InvalidPlanRef", "NotFound")
    assert types(pieces.migration(), pieces.plan(ready=False)) == ["PlanNotReady"]
    assert types(pieces.migration(), pieces.plan(closed=True)) == ["PlanClosed"]


def test_a_plan_that_is_closed_stops_nothing_that_is_at_work() -> None:
    """It waits; where it was cleared away in the same moment, the migration can only be canceled."""
    running = pieces.migration(status=MigMigrationStatus(phase="Started", itinerary="Final"))
    plan = pieces.plan(closed=True)
    assert types(running, plan) == []
    assert types(pieces.migration(status=MigMigrationStatus(phase="Completed", itinerary="Final")), plan) == ["PlanClosed"]
    plan.status.conditions = [Condition(type="Closed", category="Advisory")]
    (told,) = validation.check(running, plan, [])
    assert told.type == "PlanClosed"
    assert "Set spec.canceled" in told.message
    running.spec.canceled = True
    assert types(running, plan) == []


def test_a_plan_that_measures_its_volumes_is_waited_for() -> None:
    """It is not Ready, and nothing is wrong with it."""
    plan = pieces.plan(ready=False)
    plan.status.conditions.append(Condition(type=conditions.PV_USAGE_ANALYSIS_RUNNING, message="Two minutes at most."))
    (told,) = validation.check(pieces.migration(), plan, [])
    assert told.type == conditions.PLAN_NOT_READY
    assert told.message.endswith("PvUsageAnalysisRunning: Two minutes at most. The migration begins by itself once the plan is Ready.")


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (pieces.plan(pieces.volume("a:b")), "shop/a:b"),
        (pieces.plan(pieces.volume("a", method="snapshot")), "pv-a"),
        (pieces.plan(pieces.volume("a", method="block")), "pv-a"),
    ],
)
def test_plans_that_cannot_be_carried_out_are_refused(plan: MigPlan, words: str) -> None:
    """Before anything begins; the message names what is meant."""
    (found,) = validation.check(pieces.migration(), plan, [])
    assert (found.type, found.category) == ("InvalidSpec", "Critical")
    assert words in found.message


def test_a_plan_that_would_migrate_namespaces_onto_themselves_ends_it() -> None:
    """For good, because another MigMigration is needed in any case; but not while the plan itself is being corrected."""
    plan = pieces.plan(pieces.volume("a"), indirectVolumeMigration=False)
    (found,) = validation.check(pieces.migration(), plan, [], one_cluster=True)
    assert (found.type, found.reason, found.category, found.durable) == ("Failed", "NotSupported", "Critical", True)
    assert plan.namespace_mappings[0].source in found.items
    unready = validation.check(pieces.migration(), pieces.plan(ready=False), [], one_cluster=True)
    assert [entry.type for entry in unready] == ["PlanNotReady"]


def test_a_migration_that_failed_before_it_began_stands_in_nobodys_way() -> None:
    """It has moved nothing: stage migrations are possible as before."""
    failed = MigMigrationStatus(phase="Completed", conditions=[Condition(type=conditions.FAILED, category=conditions.CRITICAL)])
    other = pieces.migration(name="other", status=failed)
    assert not validation.has_final(pieces.migration(stage=True), [other])
    assert not validation.wants_to_begin(other)


def test_skipped_volumes_do_not_matter() -> None:
    """However they would have been copied."""
    assert types(pieces.migration(), pieces.plan(pieces.volume("a", action="skip", method="snapshot"), indirectVolumeMigration=False)) == []


def test_cleaning_up_after_a_failure_needs_nothing_of_the_plan() -> None:
    """A vanished bucket made the plan unready, and the stage pods must go all the same."""
    failed = pieces.migration(status=MigMigrationStatus(phase="MigrationFailed", itinerary="Failed"))
    assert types(failed, pieces.plan(ready=False, closed=True)) == []


@pytest.mark.parametrize("how", ["Succeeded", "SucceededWithWarnings"])
def test_a_second_final_is_refused_once_one_has_succeeded(how: str) -> None:
    """With warnings it counts as well; stage migrations after it are refused too."""
    done = ended("old", how)
    assert types(pieces.migration(), pieces.plan(), done) == ["HasFinalMigration"]
    assert types(pieces.migration(stage=True), pieces.plan(), done) == ["HasFinalMigration"]


def test_a_failed_final_may_be_repeated() -> None:
    """But it must not be staged over."""
    assert types(pieces.migration(), pieces.plan(), ended("old", "Failed")) == []
    assert types(pieces.migration(stage=True), pieces.plan(), ended("old", "Failed")) == ["HasFinalMigration"]


def test_stage_migrations_block_nothing() -> None:
    """They may be repeated as often as one likes."""
    assert types(pieces.migration(), pieces.plan(), ended("old", "Succeeded", stage=True)) == []


def test_canceling_what_has_succeeded_does_not_free_the_plan() -> None:
    """A second cut-over would overwrite what the application has written in the target since."""
    late = ended("old", "Succeeded", canceled=True)
    assert types(pieces.migration(), pieces.plan(), late) == ["HasFinalMigration"]
    assert types(pieces.migration(), pieces.plan(), ended("old", "Canceled", canceled=True)) == []


def test_a_rollback_needs_no_plan_that_is_ready() -> None:
    """But one that is not closed."""
    back = pieces.migration(rollback=True)
    assert types(back, pieces.plan(ready=False)) == []
    assert types(back, pieces.plan(ready=False, closed=True)) == ["PlanClosed"]


def test_a_rollback_that_succeeded_frees_the_plan() -> None:
    """What was before it counts no longer."""
    rolled = ended("back", "Succeeded", created="2026-11-23T10:30:00Z", rollback=True)
    assert types(pieces.migration(), pieces.plan(), ended("old", "Succeeded"), rolled) == []


def test_migrations_of_a_plan_wait_for_one_another() -> None:
    """What has begun goes first, then stage migrations, then others by age."""
    first = pieces.migration("first", created="2026-11-23T08:00:00Z")
    second = pieces.migration("second", created="2026-11-23T09:00:00Z")
    ahead = pieces.migration("ahead", stage=True, created="2026-11-23T09:30:00Z")
    assert types(first, pieces.plan(), second) == []
    assert types(second, pieces.plan(), first) == ["Postponed"]
    assert types(ahead, pieces.plan(), first, second) == []
    (postponed,) = validation.check(first, pieces.plan(), [ahead, second])
    assert "ahead" in postponed.message
    assert "10 seconds" in postponed.message


def test_a_running_migration_is_never_overtaken() -> None:
    """A stage migration that is made meanwhile is refused or waits, and does not stop what runs."""
    final = running("final")
    late = pieces.migration("late", stage=True)
    assert types(final, pieces.plan(), late) == []
    assert types(late, pieces.plan(), final) == ["HasFinalMigration"]
    assert types(pieces.migration("next", stage=True), pieces.plan(), running("now", stage=True)) == ["Postponed"]


def test_a_migration_that_waits_for_a_person_holds_nobody_up() -> None:
    """It was refused and has not begun."""
    refused = pieces.migration("refused", created="2026-11-23T08:00:00Z", stage=True, migrateState=True)
    assert types(pieces.migration("good"), pieces.plan(), refused) == []


@pytest.mark.parametrize(("one_cluster", "items"), [(True, ("shop/a",)), (False, ())])
def test_a_claim_that_is_left_behind_is_not_written_over(items: tuple[str, ...], *, one_cluster: bool) -> None:
    """Within one cluster its name is taken; in another cluster it is not there."""
    plan = pieces.plan(pieces.volume("a:kept"), pieces.volume("kept", action="skip"))
    found = validation.check(pieces.migration(migrateState=True), plan, [], one_cluster=one_cluster)
    assert [item.items for item in found if item.type == conditions.CONFLICTING_PVC_MAPPINGS] == ([items] if items else [])


def test_a_rollback_does_not_wait_behind_what_cannot_begin() -> None:
    """The plan is not ready, or wants what cannot be done: an older migration waits for a person, and the rollback goes on."""
    older = pieces.migration("older", created="2026-11-23T08:00:00Z")
    back = pieces.migration("back", created="2026-11-23T09:00:00Z", rollback=True)
    assert types(back, pieces.plan(), older) == ["Postponed"]
    assert types(back, pieces.plan(ready=False), older) == []
    assert types(back, pieces.plan(pieces.volume("a:b")), older) == []
    assert types(back, pieces.plan(ready=False), running("older")) == ["Postponed"], "what has begun is at work"
    stopped = pieces.migration("stopped", created="2026-11-23T08:00:00Z", canceled=True)
    assert types(back, pieces.plan(ready=False), stopped) == ["Postponed"], "it begins, whatever the plan is like"
