"""Another try of a migration: when it is refused, and with which status it begins."""

from datetime import timedelta
from typing import Any

import pytest

from kit import pieces
from mtc.api import conditions, names
from mtc.api.conditions import Condition
from mtc.api.migration.migmigration import MigMigration, MigMigrationStatus, Retry, Step
from mtc.migration import digests, retrying, validation
from mtc.migration.reuse import Reuse

PLAN = pieces.plan(pieces.volume("a"))
BEFORE, LATER = pieces.NOW - timedelta(hours=2), pieces.NOW - timedelta(minutes=5)
FAILED_AT = pieces.NOW - timedelta(hours=1)


def failed(*, ask: str = "now", answered: str = "", **status: Any) -> MigMigration:
    """A migration that has failed, and is asked for another try."""
    found = Condition(type=conditions.FAILED, reason="StageBackupCreated", durable=True, last_transition_time=FAILED_AT)
    warned = Condition(type="PodsNotQuiesced", category=conditions.WARN, message="one pod runs on")
    steps = [Step(name="Prepare"), Step(name="StageBackup", failed=True)]
    fields = {"phase": "Completed", "itinerary": "Failed", "conditions": [found, warned], "errors": ["disk full"], "pipeline": steps}
    item = pieces.migration(status=MigMigrationStatus(**{**fields, "start_timestamp": BEFORE, **status}))
    notes = {names.RETRY: ask, names.RETRY_ANSWERED: answered, names.PLAN_DIGEST: digests.of_plan(PLAN)}
    item.metadata["annotations"] = {key: value for key, value in notes.items() if value}
    return item


def sibling(*, began: Any = LATER, phase: str = "Completed", **spec: Any) -> MigMigration:
    """Another migration of the plan."""
    return pieces.migration("other", status=MigMigrationStatus(phase=phase, itinerary="Final", start_timestamp=began), **spec)


def reason(*siblings: MigMigration, item: MigMigration | None = None, plan: Any = PLAN, at_work: Any = ()) -> str | None:
    """Why another try is refused."""
    found = retrying.refusal(item or failed(), plan, siblings, at_work=at_work)
    return found.reason if found else None


def test_a_request_is_answered_once() -> None:
    """The same value is no new request, another one is; while a migration runs nothing is answered."""
    assert retrying.is_asked(failed())
    assert not retrying.is_asked(failed(answered="now"))
    assert retrying.is_asked(failed(ask="once more", answered="now"))
    assert not retrying.is_asked(failed(phase="StageBackupCreated", itinerary="Final"))


def test_one_that_has_failed_is_tried_again() -> None:
    """What ran before it, what waits, what was canceled and what changed nothing do not matter."""
    stopped = sibling()
    stopped.status.conditions = [Condition(type=conditions.CANCELED)]
    only_looked = sibling()
    only_looked.status.itinerary = "DryRun"
    waiting = pieces.migration("waiting")
    assert reason(sibling(began=BEFORE), stopped, only_looked, waiting) is None


@pytest.mark.parametrize(
    ("wanted", "siblings"),
    [
        ("Superseded", [sibling()]),
        ("Superseded", [sibling(began=BEFORE, phase="StageBackupCreated")]),
        ("RolledBack", [sibling(rollback=True)]),
    ],
)
def test_another_migration_of_the_plan_overtakes(wanted: str, siblings: list[MigMigration]) -> None:
    """It has begun since, or is at work."""
    assert reason(*siblings) == wanted


def test_one_that_has_just_got_its_place_counts_before_it_says_so() -> None:
    """Two migrations of one plan never run at once."""
    assert reason(at_work=[pieces.migration("other")]) == "Superseded"


def test_the_plan_must_be_the_one_that_it_was() -> None:
    """Choices for volumes may change, and hooks; clusters, storage and namespaces may not."""
    assert reason(plan=pieces.plan(pieces.volume("a", storageClass="other"))) is None
    assert reason(plan=pieces.plan(pieces.volume("a"), namespaces=("shop", "more"))) == "PlanChanged"
    assert reason(plan=pieces.plan(pieces.volume("a"), source="elsewhere")) == "PlanChanged"
    assert reason(plan=None) == "NotFound"


def test_a_plan_that_is_closed_is_tried_no_more() -> None:
    """It was closed while the migration ran, or after that."""
    found = retrying.refusal(failed(), pieces.plan(closed=True), [])
    assert found is not None
    assert (found.type, found.reason) == ("RetryRefused", "Closed")


def test_only_a_failed_one_is_tried_again() -> None:
    """Success and cancel are final."""
    done = failed(conditions=[Condition(type=conditions.SUCCEEDED)])
    canceled = failed()
    canceled.spec.canceled = True
    assert reason(item=done) == "NotFailed"
    assert reason(item=canceled) == "NotFailed"


def test_a_try_begins_with_a_clean_status_and_remembers_the_one_before() -> None:
    """Number, phase, step, errors, warnings and times of what failed; reused and passed of what begins."""
    item = failed()
    new = retrying.again(item.status, pieces.scope(item, PLAN), "now", Reuse(("Backup/b",), ("EnsureInitialBackup",)))
    (tried,) = new.attempts
    assert (tried.number, tried.phase, tried.step, tried.errors) == (1, "StageBackupCreated", "StageBackup", ["disk full"])
    assert tried.warnings == ["PodsNotQuiesced: one pod runs on"]
    assert (tried.started, tried.failed) == (BEFORE, FAILED_AT)
    assert new.retry == Retry(
        attempt=2, request="now", started=pieces.NOW, phase="StageBackupCreated", reused=["Backup/b"], passed=["EnsureInitialBackup"]
    )
    assert (new.itinerary, new.phase, new.errors) == ("Final", "", [])
    assert new.start_timestamp == BEFORE
    assert {entry.type for entry in new.conditions} == {"Running", "Ready"}


def test_what_stays_behind_is_told_of_the_next_try_too() -> None:
    """Where the phase that finds it out is passed; else it is found out anew."""
    item = failed()
    item.status.conditions.append(Condition(type=conditions.WORKLOADS_LEFT_BEHIND, category=conditions.WARN, durable=True))
    scope = pieces.scope(item, PLAN)
    told = [
        {entry.type for entry in retrying.again(item.status, scope, "now", Reuse((), passed)).conditions}
        for passed in (("EnsureInitialBackup",), ())
    ]
    assert told == [{"Running", "Ready", "WorkloadsLeftBehind"}, {"Running", "Ready"}]


def test_who_asks_for_another_try_goes_before_who_waits() -> None:
    """Nobody begins in between."""
    assert [entry.name for entry in validation.ahead(pieces.migration("new"), [failed()], pieces.plan())] == ["m"]
    assert validation.ahead(pieces.migration("new"), [failed(answered="now")], pieces.plan()) == []
