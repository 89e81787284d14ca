"""What is said of runs before and after: for how long the application stands still, how a run has ended, whether a rollback is needed."""

import pytest

from kit.runs import ended, meant, run
from mtc.act import endings, estimates, undo
from mtc.act.impact import Impact
from mtc.api import names
from mtc.cli import _act
from mtc.cli import rollback as rollback_verb


def _step(name: str, begin: str, end: str) -> dict[str, str]:
    return {"name": name, "started": f"2026-01-01T10:{begin}Z", "completed": f"2026-01-01T10:{end}Z"}


_STAGE = run(
    "s", stage=True, status=ended("Succeeded", pipeline=[_step("StageBackup", "00:00", "00:30"), _step("StageRestore", "00:30", "00:45")])
)
_DRY = run("d", annotations={names.DRY_RUN: "true"}, status=ended("DryRunCompleted", dryRun={"estimate": {"downtimeSeconds": 100}}))
_STEPS = [_step("Backup", "00:00", "00:30"), _step("StageBackup", "01:00", "02:00"), _step("Restore", "02:00", "03:20")]
_CUTOVER = run("c", quiescePods=True, status=ended("Succeeded", pipeline=_STEPS))


def test_the_best_figure_for_the_time_of_standstill_is_taken() -> None:
    """A cutover tells more than a dry run, and that more than a stage run; nothing is claimed without any."""
    assert estimates.downtime([]) is None
    assert estimates.downtime([run("f", quiescePods=True, status=ended("Failed", pipeline=_STEPS))]) is None
    assert estimates.downtime([_STAGE]) == estimates.Estimate(45, "s", "stage")
    assert estimates.downtime([_STAGE, _DRY]) == estimates.Estimate(100, "d", "dry-run")
    assert estimates.downtime([_CUTOVER, _STAGE, _DRY]) == estimates.Estimate(140, "c", "cutover")
    phases = [
        {"name": "QuiesceSourceApplications", "started": "2026-01-01T10:01:10Z", "completed": "2026-01-01T10:01:20Z"},
        {"name": "FinalRestoreCreated", "started": "2026-01-01T10:02:10Z", "completed": "2026-01-01T10:03:00Z"},
    ]
    steps = [{**_STEPS[1], "phases": phases[:1]}, {**_STEPS[2], "phases": phases[1:]}]
    exact = run("e", quiescePods=True, status=ended("Succeeded", pipeline=steps))
    assert estimates.downtime([exact]) == estimates.Estimate(110, "e", "cutover")


def test_the_summary_says_what_is_stopped_and_for_how_long() -> None:
    """Long lists are counted, and what is not known is said to be so."""
    found = Impact(
        "remote", "host", [f"Deployment shop/web{number}" for number in range(20)], ["Job shop/old"], estimates.downtime([_CUTOVER])
    )
    lines = list(_act.impact_lines(meant(), found, quiesce=True))
    assert lines[:4] == [
        "Plan shop: from cluster remote to cluster host",
        "Namespaces: shop, db → data",
        "20 workloads on remote will be stopped:",
        "  Deployment shop/web0",
    ]
    assert lines[-3:] == ["  and 8 more", "1 workload stands still already.", "For how long: about 2m20s, as in c."]
    assert max(map(len, lines)) <= 100
    unknown = list(_act.impact_lines(meant(), Impact("remote", "host", unseen="There is no way into cluster remote."), quiesce=True))
    assert "is not known: There is no way" in unknown[2]
    assert "not known" in unknown[3]
    assert list(_act.impact_lines(meant(), Impact("remote", "host"), quiesce=False))[2:] == [
        "Nothing is stopped: the application keeps running."
    ]
    again = list(_act.impact_lines(meant(), Impact("remote", "host", fills_again=True), quiesce=False))
    assert "files that only the target has are deleted" in again[2]


@pytest.mark.parametrize(
    ("status", "state", "code"),
    [
        (ended("Succeeded"), "Succeeded", 0),
        (ended("SucceededWithWarnings"), "SucceededWithWarnings", 3),
        (ended("Failed", errors=["disk is full"]), "Failed", 1),
        (ended("Canceled", "Failed"), "Canceled", 1),
        (ended(), "Failed", 1),
        ({"conditions": [{"type": "InvalidSpec", "status": "True", "category": "Critical", "message": "No."}]}, "Refused", 1),
    ],
)
def test_an_end_is_a_word_and_a_code(status: dict[str, object], state: str, code: int) -> None:
    """The code is what the command exits with."""
    found = endings.of(run("r", status=status))
    assert found is not None
    assert (found.state, found.code) == (state, code)


def test_a_run_that_goes_on_has_no_end() -> None:
    """Also one that was asked for another try."""
    assert endings.of(run("r")) is None
    assert endings.state(run("r")) == "Waiting"
    assert endings.state(run("r", status={"phase": "X", "itinerary": "Stage"})) == "Running"
    assert endings.of(run("r", annotations={names.RETRY: "1"}, status=ended("Failed"))) is None
    assert (
        endings.of(run("r", status={"conditions": [{"type": "Postponed", "status": "True", "category": "Critical", "message": "Wait."}]}))
        is None
    )


def test_a_dry_run_that_found_something_in_the_way_ends_with_warnings() -> None:
    """The run itself would not go well."""
    asked = {names.DRY_RUN: "true"}
    for report, code in (({}, 0), ({"conflicts": ["No room."]}, 3), ({"warnings": ["It stays."]}, 3), ({"objects": {"refused": 1}}, 3)):
        found = endings.of(run("d", annotations=asked, status=ended("DryRunCompleted", dryRun=report, itinerary="DryRun")))
        assert found is not None
        assert found.code == code


def test_the_rule_of_rollback_is_stated_for_the_run() -> None:
    """Needed or not, because of what; what is seen now is newer than what the run said."""
    advice = {"state": "required", "message": "1 workload stands still.", "workloads": ["Deployment shop/web"]}
    failed = run("f", status=ended("Failed", rollback=advice))
    assert undo._said(failed, ["Deployment shop/web"], has_unseen=False) == (undo.REQUIRED, "1 workload stands still.")
    assert undo._said(failed, [], has_unseen=False)[0] == undo.NOT_REQUIRED
    assert undo._said(failed, [], has_unseen=True)[0] == undo.REQUIRED
    assert undo._said(run("f", status=ended("Failed")), ["Deployment shop/web"], has_unseen=False)[0] == undo.REQUIRED
    assert undo._said(run("f", status={"phase": "X"}), [], has_unseen=False)[0] == undo.RUNNING
    assert undo._said(None, [], has_unseen=False)[0] == undo.NOTHING
    said = undo.Statement(undo.REQUIRED, "f", "It failed.", ["Deployment shop/web"], {"Pod": 1, "Secret": 2}, [])
    lines = list(rollback_verb.lines(meant(failed), said))
    assert lines == [
        "A rollback is needed after f: it left the application stopped.",
        "Because: It failed.",
        "It starts 1 workload on cluster remote:",
        "  Deployment shop/web",
        "It deletes 3 objects on cluster host:",
        "  1 Pod",
        "  2 Secret",
        "Namespaces and objects that were there before stay.",
    ]


def test_the_run_that_a_rollback_is_about_is_no_stage_run() -> None:
    """The last one that may have stopped something, or the one that was named."""
    final, stage = run("f", status=ended("Failed")), run("s", at=1, stage=True, status=ended("Failed"))
    assert undo.subject(meant(final, stage)) is final
    assert undo.subject(meant(final, stage, named=stage)) is stage
    assert undo.subject(meant(stage)) is stage
    assert undo.subject(meant()) is None
