"""Which run decides whether a plan may be closed or deleted."""

import pytest

from kit.runs import ended, meant, run
from mtc.act import errors, leaving, undo
from mtc.api import names

_OWES = {"state": "required", "message": "It stands still.", "workloads": ["Deployment shop/web"]}
_NOTHING = {"state": "not-required", "message": "It runs."}
_FAILED = run("failed", quiescePods=True, status=ended("Failed", rollback=_OWES))
_STOPPED = ["Deployment shop/web"]


def test_the_last_run_that_says_something_about_it_decides() -> None:
    """A stage run after a failed cutover does not make good what that has left; a rollback or a better run does."""
    quiet = run("stage", stage=True, status=ended("Succeeded", rollback=_NOTHING))
    waits = run("waits")
    for runs in ([_FAILED], [_FAILED, quiet], [_FAILED, waits], [quiet, _FAILED, run("dry", annotations={names.DRY_RUN: "true"})]):
        found = undo.owing(meant(*runs))
        assert found is not None
        assert found.name == "failed"
        assert undo.is_owed(found, _STOPPED, has_unseen=False)
        # Somebody has started it by hand.
        assert not undo.is_owed(found, [], has_unseen=False)
        # Nobody knows whether somebody has.
        assert undo.is_owed(found, [], has_unseen=True)
    done = run("back", rollback=True, status=ended("Succeeded", rollback={"state": "done", "message": "Done."}))
    for runs in ([], [waits], [_FAILED, done], [_FAILED, run("again", status=ended("Succeeded", rollback=_NOTHING))]):
        assert undo.owing(meant(*runs)) is None
    # A stage run that stopped the application and failed.
    staged = run("staged", stage=True, quiescePods=True, status=ended("Failed", rollback=_OWES))
    assert undo.owing(meant(staged, quiet)) == staged
    # One of a toolkit that gives no advice: what is seen decides.
    silent = run("silent", status=ended("Failed"))
    assert undo.owing(meant(silent)) == silent
    assert undo.is_owed(silent, _STOPPED, has_unseen=False)


def test_a_plan_stays_while_a_run_of_it_is_at_work() -> None:
    """Also while a failed one is about to be tried again; one that has not begun needs nothing."""
    leaving.check_idle(meant(_FAILED, run("waits")))
    retried = run("retried", annotations={names.RETRY: "now"}, status=ended("Failed"))
    for busy in (run("busy", status={"phase": "StageBackup", "itinerary": "Final"}), retried):
        with pytest.raises(errors.NotPossible, match=f"{busy.name} of plan shop is at work"):
            leaving.check_idle(meant(busy))
