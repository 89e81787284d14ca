"""The status is a pure function of what was read and what the phase answered."""

from datetime import timedelta

from kit import pieces
from mtc.api import conditions
from mtc.api.conditions import Condition
from mtc.api.migration.migmigration import Attempt, MigMigration, MigMigrationStatus
from mtc.migration import itineraries, status
from mtc.migration.outcome import Done, Outcome, Stall, Wait, fail

PLAN = pieces.plan(pieces.volume("data"))
WARNING = Condition(type=conditions.VELERO_STAGE_RESTORE_PARTIALLY_FAILED, category=conditions.WARN, durable=True)


def begun(**spec: bool) -> MigMigration:
    """A migration that has just begun."""
    item = pieces.migration(**spec)
    item.status = status.enter(item.status, pieces.scope(item, PLAN))
    return item


def after(item: MigMigration, *outcomes: Outcome, minutes: int = 0) -> MigMigration:
    """The migration after phases have answered, one after the other."""
    for outcome in outcomes:
        scope = pieces.scope(item, PLAN, now=pieces.NOW + timedelta(minutes=minutes))
        item.status = status.compute(item.status, scope, outcome)
    return item


def at(item: MigMigration, phase: str) -> MigMigration:
    """The migration once it is in a phase."""
    for _ in range(60):
        if item.status.phase == phase:
            return item
        after(item, Done())
    raise AssertionError(phase)


def types(item: MigMigration) -> list[str]:
    """The condition types in their order."""
    return [entry.type for entry in item.status.conditions]


def step(item: MigMigration, name: str) -> dict[str, object]:
    """A step of the pipeline as JSON."""
    return next(entry.model_dump(mode="json") for entry in item.status.pipeline if entry.name == name)


def test_a_migration_enters_its_itinerary_with_all_steps_before_it() -> None:
    """The first step has started, the others say that they have not."""
    item = begun(quiescePods=True)
    assert (item.status.itinerary, item.status.phase) == ("Final", "")
    assert item.status.start_timestamp == pieces.NOW
    names = [(entry.name, entry.message) for entry in item.status.pipeline[1:]]
    assert names == [(name, "Not started") for name in ("Backup", "StageBackup", "StageRestore", "Restore", "Cleanup")]
    assert step(item, "Prepare")["started"] == "2026-11-23T12:00:00Z"


def test_entering_again_changes_nothing() -> None:
    """A resumed migration keeps its place and its times."""
    item = at(begun(), "InitialBackupCreated")
    later = pieces.scope(item, PLAN, now=pieces.NOW + timedelta(hours=1))
    assert status.enter(item.status, later) == item.status


def test_running_tells_phase_and_number() -> None:
    """The number counts all phases of the itinerary, skipped ones included."""
    item = after(begun(), Done())
    (running, ready) = item.status.conditions
    assert (running.type, running.reason, running.message) == ("Running", "Started", f"Step 2 of {len(itineraries.FINAL.phases)}")
    assert ready.type == "Ready"


def test_a_phase_that_is_not_needed_is_skipped() -> None:
    """Without quiescePods the phase after the initial Backup is the one for stage pods."""
    item = after(at(begun(), "InitialBackupCreated"), Done())
    assert item.status.phase == "EnsureStagePodsFromRunning"
    assert step(item, "Backup")["message"] == "Completed"
    assert step(item, "StageBackup")["phase"] == "EnsureStagePodsFromRunning"


def test_what_a_phase_finds_out_decides_about_the_next_one() -> None:
    """RestartRestic is for stage pods, which only exist once a phase has said so."""
    without = after(at(begun(), "StagePodsCreated"), Done())
    created = Condition(type=conditions.STAGE_PODS_CREATED, durable=True)
    with_pods = after(at(begun(), "StagePodsCreated"), Done(conditions=(created,)))
    assert without.status.phase == "AnnotateResources"
    assert with_pods.status.phase == "RestartRestic"


def test_waiting_shows_what_for() -> None:
    """Lines of progress where there are some, else the message."""
    item = at(begun(), "InitialBackupCreated")
    after(item, Wait((), "BackupRunning", "It is not through.", progress=("3 of about 9 objects",)))
    assert item.status.phase == "InitialBackupCreated"
    assert step(item, "Backup")["progress"] == ["3 of about 9 objects"]
    after(item, Wait((), "BackupRunning", "The engine does not answer."))
    assert str(step(item, "Backup")["message"]).endswith("The engine does not answer.")


def test_the_same_wait_gives_the_same_status() -> None:
    """Otherwise each look would write, each write wake, and each wake look."""
    item = at(begun(), "InitialBackupCreated")
    wait = Wait((), "BackupRunning", "It is not through.")
    once = after(item, wait).status
    assert after(item, wait, minutes=1).status == once


def test_a_long_wait_becomes_a_warning_and_goes_with_it() -> None:
    """The condition names what is waited for; when the phase is through it is gone and the end is a plain success."""
    item = at(begun(), "FinalRestoreCreated")
    wait = Wait((), "RestoreRunning", "Restore m-final is not through.", patience_s=90)
    assert "Stalled" not in types(after(item, wait, minutes=1))
    after(item, wait, minutes=2)
    stalled = conditions.find(item.status.conditions, conditions.STALLED)
    assert stalled is not None
    assert (stalled.category, stalled.reason) == (conditions.WARN, "FinalRestoreCreated")
    assert "Restore m-final" in stalled.message
    assert types(after(item, Done(), Done(), Done(), minutes=3)) == ["Ready", "Succeeded"]


def test_patience_without_an_end() -> None:
    """Copying data takes as long as it takes."""
    item = at(begun(), "StageBackupCreated")
    assert "Stalled" not in types(after(item, Wait((), "BackupRunning", "m", patience_s=None), minutes=600))


def test_a_stall_takes_ready_away() -> None:
    """A person must act; the place stays."""
    item = after(at(begun(), "EnsureStageRestore"), Stall("VolumesInUse", "Pod shop/web uses volumes."))
    assert item.status.phase == "EnsureStageRestore"
    assert "Ready" not in types(item)
    assert {"Running", "Stalled"} <= set(types(item))


def test_success_is_what_the_documentation_shows() -> None:
    """One durable Advisory condition with MTC's exact words, and Ready beside it."""
    item = at(begun(quiescePods=True), "Completed")
    ready, succeeded = item.status.conditions
    assert (ready.type, ready.category) == ("Ready", "Required")
    assert succeeded.model_dump(mode="json", exclude={"last_transition_time", "items"}) == {
        "type": "Succeeded",
        "status": "True",
        "reason": "Completed",
        "category": "Advisory",
        "message": "The migration has completed successfully.",
        "durable": True,
    }
    assert all(entry.message == "Completed" and entry.completed for entry in item.status.pipeline)


def test_a_warning_turns_success_into_success_with_warnings() -> None:
    """The warning stays to be read."""
    item = after(at(begun(), "StageRestoreCreated"), Done(conditions=(WARNING,)))
    assert types(at(item, "Completed")) == ["Ready", WARNING.type, "SucceededWithWarnings"]


def test_a_failure_leads_through_cleaning_up_to_an_end_without_success() -> None:
    """Reasons are told, the step is marked, steps that never ran are skipped."""
    item = after(at(begun(), "InitialBackupCreated"), fail("InitialBackupFailed", ["The bucket is full.", "The bucket is full."]))
    assert (item.status.itinerary, item.status.phase) == ("Failed", "MigrationFailed")
    assert item.status.errors == ["The bucket is full."]
    failed = conditions.find(item.status.conditions, conditions.FAILED)
    assert failed is not None
    assert (failed.reason, failed.category, failed.durable) == ("InitialBackupCreated", conditions.ADVISORY, True)
    assert "The bucket is full." in failed.message
    after(item, Done(errors=("Deployment shop/web stays stopped.",)))
    assert types(at(item, "Completed")) == ["Failed"]
    assert item.status.errors == ["The bucket is full.", "Deployment shop/web stays stopped."]
    assert [(entry.name, entry.message) for entry in item.status.pipeline] == [
        ("Prepare", "Completed"),
        ("Backup", "Failed"),
        ("StageBackup", "Skipped"),
        ("StageRestore", "Skipped"),
        ("Restore", "Skipped"),
        ("Cleanup", "Completed"),
        ("CleanupHelpers", "Completed"),
    ]


def test_trouble_while_cleaning_up_does_not_begin_it_anew() -> None:
    """The next phase of the clean-up runs, and the first reason stays the reason."""
    item = after(at(begun(), "InitialBackupCreated"), fail("InitialBackupFailed", "first"), Done(), fail("X", "second"))
    assert (item.status.itinerary, item.status.phase) == ("Failed", "EnsureStagePodsTerminated")
    assert item.status.errors == ["first", "second"]
    failed = conditions.find(item.status.conditions, conditions.FAILED)
    assert failed is not None
    assert failed.reason == "InitialBackupCreated"


def test_a_blocked_migration_keeps_its_place() -> None:
    """Only the conditions say that it does not go on, and since when it runs."""
    item = at(begun(), "StageBackupCreated")
    trouble = Condition(type=conditions.RECONCILE_FAILED, category=conditions.CRITICAL, message="cluster remote does not answer")
    before = item.status
    item.status = status.blocked(before, [trouble], now=pieces.NOW)
    assert types(item) == ["Running", "ReconcileFailed"]
    assert (item.status.phase, item.status.pipeline) == (before.phase, before.pipeline)
    assert "ReconcileFailed" not in types(after(item, Wait((), "r", "m")))


def test_a_migration_that_never_began_is_only_told_why() -> None:
    """No itinerary, no pipeline, no time of a start."""
    refused = Condition(type=conditions.INVALID_SPEC, category=conditions.CRITICAL)
    found = status.blocked(MigMigrationStatus(), [refused], now=pieces.NOW)
    assert [entry.type for entry in found.conditions] == ["InvalidSpec"]
    assert (found.itinerary, found.pipeline, found.start_timestamp) == (None, [], None)


def test_only_a_run_that_has_come_to_the_swap_takes_claims_back() -> None:
    """The step of the swap is entered before anything is swapped; an earlier try counts, and canceling itself does not."""
    item = begun(migrateState=True)
    assert not status.has_swapped(at(item, "StageRestoreCreated").status)
    canceled = pieces.migration(migrateState=True, canceled=True)
    canceled.status = item.status
    canceled.status = status.enter(canceled.status, pieces.scope(canceled, PLAN))
    assert (canceled.status.itinerary, status.has_swapped(canceled.status)) == ("Cancel", False)
    assert status.has_swapped(at(begun(migrateState=True), "EnsureStagePodsDeleted").status)
    tried = [Attempt(number=1, phase="SwapPVCReferences", step="Cleanup")]
    assert status.has_swapped(MigMigrationStatus(attempts=tried))
    assert not status.has_swapped(MigMigrationStatus(attempts=[Attempt(number=1, phase="StageBackupCreated", step="StageBackup")]))
