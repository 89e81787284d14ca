"""What of a namespace that several plans had belongs to which of them, and what can still be done with a plan that was closed."""

from typing import Any

import pytest

from kit.snapshots import NOW, TOOLKIT, causes, condition, failed, run, thing, well, work
from mtc.api import names
from mtc.diagnose import report
from mtc.diagnose.snapshot import Draft, Object

_GONE = f"BackupStorageLocation {TOOLKIT}/{{}} does not exist on cluster local. Create it or name another one."


def _repository(location: str, message: str = _GONE) -> Object:
    """A repository record of the application's namespace that is not ready."""
    spec = {"backupStorageLocation": location, "volumeNamespace": "shop"}
    return thing(
        "BackupRepository", f"shop-{location}-restic", spec=spec, status={"phase": "NotReady", "message": message.format(location)}
    )


def _close(draft: Draft, *, locations: bool = False) -> None:
    """Closes the plan, which takes its locations away."""
    plan: dict[str, Any] = draft._objects["host", "MigPlan"][TOOLKIT, "shop"]
    plan["spec"]["closed"] = True
    for cluster in () if locations else ("host", "remote"):
        draft._objects[cluster, "BackupStorageLocation"].clear()


@pytest.mark.parametrize("name", ["shop", "run", "backup/run-stage-bcdfg", "restore/run-stage-bcdfg"])
def test_what_another_plan_has_left_behind_is_no_cause(name: str) -> None:
    """Its location is gone, and its record in the same namespace says so for ever."""
    draft = well()
    for cluster in ("host", "remote"):
        draft.add(cluster, [_repository("of-other")])
    assert causes(draft, name) == []
    failed("The moon is in the wrong place.")(draft)
    assert [item.rule for item in causes(draft, "run")] == ["known-so-far"]


def test_other_rules_hear_nothing_of_it_either() -> None:
    """Whatever it says."""
    draft = well()
    draft.add("remote", [_repository("of-other", "Its password is another one."), _repository("third", "access is denied (AccessDenied)")])
    assert causes(draft) == []


def test_the_repository_of_the_plan_counts() -> None:
    """By the label of its location, and by the name that a Backup gives of one that somebody has deleted."""
    draft = well()
    draft.add("remote", [_repository("repo", "Its password is another one.")])
    assert [item.rule for item in causes(draft)] == ["repository-password"]
    draft = well()
    del draft._objects["remote", "BackupStorageLocation"][TOOLKIT, "repo"]
    draft.add("remote", [_repository("repo")])
    first, *_others = causes(draft)
    assert first.rule == "location-missing"
    assert any("spec.refresh" in step for step in first.finding.steps)


def test_the_repository_of_a_restore_counts_where_its_copies_or_its_backup_name_the_location() -> None:
    """A Restore itself names none."""
    for kind, spec in (("Backup", {"storageLocation": "own"}), ("PodVolumeRestore", {"backupStorageLocation": "own"})):
        draft = well()
        restore = work("Restore", "final")
        restore["metadata"]["labels"] = {}
        restore["spec"] = {"backupName": "kept", "includedNamespaces": ["shop"]}
        labels = {names.RESTORE_NAME: "run-final-bcdfg"}
        draft.add("host", [restore, thing(kind, "kept", labels=labels, spec=spec, status={"phase": "Completed"}), _repository("own")])
        first, *_others = causes(draft, "restore/run-final-bcdfg")
        assert first.rule == "location-missing", kind


@pytest.mark.parametrize("name", ["shop", "run"])
def test_what_was_cleared_away_with_a_plan_is_no_trouble_of_it(name: str) -> None:
    """Its own records report the same as those of others."""
    draft = well()
    _close(draft)
    draft.add("remote", [_repository("repo")])
    draft.add("host", [_repository("repo")])
    assert causes(draft, name) == []


def test_a_plan_that_closes_still_needs_its_locations() -> None:
    """A migration of it is at work, and they are there."""
    draft = well()
    _close(draft, locations=True)
    draft.add("remote", [_repository("repo", "Its password is another one.")])
    assert [item.rule for item in causes(draft)] == ["repository-password"]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda draft: draft.add("host", [run(condition("Canceled", "Advisory", "canceled"))]), "canceled"),
        (failed(f"MigPlan {TOOLKIT}/shop has no BackupStorageLocation in namespace {TOOLKIT} of cluster remote."), "location-missing"),
        (failed("The stage Backup of this migration was deleted from cluster remote. Start another one."), "backup-gone"),
        (failed("Widget shop/w was not restored: cluster host does not serve example.com/v1 Widget. Install it"), "definition-missing"),
        (failed("ConfigMap shop/c exists on cluster host and differs from the backup; it was left as it is."), "name-conflict"),
        (lambda draft: draft.add("host", [run(condition("PlanClosed", "Critical", "MigPlan shop is closed."))]), "plan-conflict"),
        (failed("The moon is in the wrong place."), "known-so-far"),
    ],
)
def test_a_closed_plan_is_neither_refreshed_nor_migrated_again(change: Any, rule: str) -> None:
    """Another plan is made; the first cause says so, whatever rule found it."""
    draft = well()
    change(draft)
    assert not any("is closed" in step for step in causes(draft)[0].finding.steps)
    _close(draft)
    first, *_others = causes(draft)
    assert first.rule == rule
    assert sum("plan shop is closed" in step and "mtc plan create" in step for step in first.finding.steps) == 1
    assert not any(words in step for step in first.finding.steps for words in ("set spec.refresh", "start another migration", "mtc retry"))


def test_what_a_closed_plan_has_stopped_is_started_by_hand() -> None:
    """Neither another try nor a rollback can begin."""
    draft = well()
    failed("The moon is in the wrong place.")(draft)
    marks = {"annotations": {names.PRE_QUIESCE_REPLICAS: "1", names.QUIESCED_BY: "uid-shop.uid-run"}}
    draft.add("remote", [thing("Deployment", "web", "shop", spec={"replicas": 0}, meta=marks)])
    (before,) = report.explain(draft.done(taken=NOW), "shop")
    assert any("mtc rollback shop" in step for step in before.safety.steps)
    _close(draft)
    (after,) = report.explain(draft.done(taken=NOW), "shop")
    assert not any("mtc r" in step for step in after.safety.steps)
    assert "by hand on source cluster remote" in after.safety.steps[0]
