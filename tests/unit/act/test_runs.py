"""The MigMigrations that the verbs make, and which run they mean."""

import pytest

from kit.runs import ended, meant, run
from mtc.act import errors, runs, undo
from mtc.api import names


def test_each_verb_makes_its_own_kind_of_run() -> None:
    """What is not wanted is not written, and the name says what the run is."""
    verb = runs.Verb
    spec = {found: runs.manifest(meant(), found, quiesce=found is verb.CUTOVER)["spec"] for found in verb}
    ref = {"migPlanRef": {"name": "shop", "namespace": "ns"}}
    assert spec[verb.STAGE] == {**ref, "stage": True}
    assert spec[verb.CUTOVER] == {**ref, "stage": False, "quiescePods": True}
    assert spec[verb.MIGRATE_STATE] == spec[verb.CONVERT] == {**ref, "stage": False, "migrateState": True}
    assert spec[verb.ROLLBACK] == {**ref, "stage": False, "rollback": True}
    dry = runs.manifest(meant(), verb.CUTOVER, quiesce=True, verify=True, keep_annotations=True, dry_run=True)
    assert dry["metadata"] == {"generateName": "shop-cutover-", "namespace": "ns", "annotations": {names.DRY_RUN: "true"}}
    assert dry["spec"]["verify"]
    assert dry["spec"]["keepAnnotations"]


def test_a_run_that_the_controller_would_not_begin_is_not_made() -> None:
    """The reason is the controller's own; a run that only waits for its turn is made."""
    cutover = runs.manifest(meant(), runs.Verb.CUTOVER, quiesce=True)
    runs.check(meant(run("stage-1", stage=True, status={"phase": "Started", "itinerary": "Stage"})), cutover)
    with pytest.raises(errors.NotPossible, match="Roll it back"):
        runs.check(meant(run("final", status=ended("Succeeded"))), cutover)
    runs.check(meant(run("dry", annotations={names.DRY_RUN: "true"}, status=ended("DryRunCompleted", itinerary="DryRun"))), cutover)


def test_cancel_means_the_run_at_work() -> None:
    """Several that wait are not guessed between; one that has ended cannot be canceled."""
    over, waits, at_work = run("a", status=ended("Succeeded")), run("b", at=1), run("c", at=2, status={"phase": "X", "itinerary": "Stage"})
    assert runs.to_cancel(meant(over, waits, at_work)).name == "c"
    assert runs.to_cancel(meant(over, waits)).name == "b"
    assert runs.to_cancel(meant(over, waits, at_work, named=waits)).name == "b"
    with pytest.raises(errors.NotPossible, match="No run"):
        runs.to_cancel(meant(over))
    with pytest.raises(errors.NotPossible, match="Name the one"):
        runs.to_cancel(meant(waits, run("d", at=3)))
    with pytest.raises(errors.NotPossible, match="has ended"):
        runs.to_cancel(meant(over, named=over))


def test_cancel_finds_a_dry_run_where_no_other_run_is_open() -> None:
    """One that waits would wait on otherwise; one that may have stopped something goes before it."""
    dry, real = run("d", annotations={names.DRY_RUN: "true"}), run("r", at=1)
    assert runs.to_cancel(meant(run("a", status=ended("Succeeded")), dry)).name == "d"
    assert runs.to_cancel(meant(dry, real)).name == "r"
    assert runs.to_cancel(meant(dry, real, named=dry)).name == "d"
    with pytest.raises(errors.NotPossible, match="No run"):
        runs.to_cancel(meant(run("d", annotations={names.DRY_RUN: "true"}, status=ended("DryRunCompleted", itinerary="DryRun"))))


def test_retry_means_the_last_run_if_it_failed() -> None:
    """What has not failed, goes on, was canceled or has been asked already is not asked again."""
    failed = run("a", status=ended("Failed"))
    assert runs.to_retry(meant(failed)).name == "a"
    answered = run("a", annotations={names.RETRY: "1", names.RETRY_ANSWERED: "1"}, status=ended("Failed"))
    assert runs.to_retry(meant(answered)).name == "a"
    for wrong, why in (
        (run("b", at=1, status=ended("Succeeded")), "not failed"),
        (run("b", at=1, status={"phase": "X"}), "not ended"),
        (run("b", at=1, status=ended("Failed"), canceled=True), "canceled"),
        (run("b", at=1, status=ended("Failed"), annotations={names.RETRY: "1"}), "already"),
    ):
        with pytest.raises(errors.NotPossible, match=why):
            runs.to_retry(meant(failed, wrong))
    never = run("b", at=1, status=ended("Failed", itinerary=None))
    assert runs.to_retry(meant(failed, never)).name == "a"
    for alone in (meant(never), meant(failed, never, named=never)):
        with pytest.raises(errors.NotPossible, match="before it began"):
            runs.to_retry(alone)
    with pytest.raises(errors.NotPossible, match="no run yet"):
        runs.to_retry(meant())


def test_a_run_that_never_began_hides_no_other_that_has_stopped_something() -> None:
    """Whether a rollback is owed is still told by that one."""
    owes = ended("Failed") | {"rollback": {"state": "required", "workloads": ["Deployment shop/web"]}}
    stopped, refused = run("a", status=owes), run("b", at=1, status=ended("Failed", itinerary=None))
    for found in (undo.owing(meant(stopped, refused)), undo.subject(meant(stopped, refused))):
        assert found is not None
        assert found.name == "a"
