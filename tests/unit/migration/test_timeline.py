"""The times of phases, and when something that is waited for has moved."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kit import pieces
from mtc.api.figures import ItemFigures
from mtc.api.migration.migmigration import Step
from mtc.kube.client import Object
from mtc.migration import figures, itineraries, timeline
from mtc.migration.outcome import Done, Outcome, Stall, Wait, fail

PHASE = itineraries.FINAL.phase("StageBackupCreated")
SCOPE = pieces.scope(pieces.migration(), pieces.plan())


def run(*passes: tuple[float, Outcome]) -> Step:
    """The step after passes that began at these seconds and took half a second."""
    steps = [Step(name=PHASE.step)]
    for seconds, outcome in passes:
        begun = pieces.NOW + timedelta(seconds=seconds)
        steps = timeline.note(steps, PHASE, outcome, begun=begun, now=begun + timedelta(seconds=0.5))
    return Step.model_validate(steps[0].model_dump(mode="json"))


def copy(done: int, *, phase: str = "InProgress") -> Object:
    """A PodVolumeBackup."""
    return {
        "kind": "PodVolumeBackup",
        "metadata": {"name": "b-1", "namespace": "mig", "annotations": {"velero.io/pvc-name": "data"}},
        "spec": {"pod": {"namespace": "shop", "name": "web"}, "volume": "v", "node": "n1"},
        "status": {"phase": phase, "startTimestamp": "2026-11-23T12:00:00Z", "progress": {"bytesDone": done, "totalBytes": 1000}},
    }


def wait(done: int) -> Wait:
    """A wait for a volume."""
    return Wait((), "r", "m", progress=(f"{done} bytes",), figures=(figures.of_volume(copy(done), SCOPE.source, claims={}),))


def seconds(step: Step) -> tuple[float | None, ...]:
    """Beginning, last move and end of the phase, in seconds."""
    (times,) = step.phases
    return tuple((time - pieces.NOW).total_seconds() if time else None for time in (times.started, times.moved, times.completed))


def test_a_phase_lasts_from_its_first_pass_to_the_end_of_its_last() -> None:
    """Whatever happens between."""
    assert seconds(run((1, Done()))) == (1, 1.5, 1.5)
    assert seconds(run((1, Wait((), "r", "m")), (5, Done()))) == (1, 5.5, 5.5)
    assert seconds(run((1, Wait((), "r", "m")), (5, fail("F", "f")))) == (1, 5.5, 5.5)


def test_the_same_wait_has_not_moved() -> None:
    """Other words, other figures or another mark have."""
    assert seconds(run((1, Wait((), "r", "m")), (5, Wait((), "r", "m"))))[1] == 1.5
    assert seconds(run((1, Wait((), "r", "m")), (5, Wait((), "r", "other"))))[1] == 5.5
    assert seconds(run((1, Wait((), "r", "m", mark="a")), (5, Wait((), "r", "other", mark="a"))))[1] == 1.5
    assert seconds(run((1, wait(1)), (5, replace(wait(1), progress=("1 byte (5s)",)))))[1] == 1.5
    assert seconds(run((1, wait(1)), (5, wait(2))))[1] == 5.5
    assert seconds(run((1, Stall("r", "m")), (5, Stall("r", "other"))))[1] == 1.5


def test_a_phase_that_comes_again_begins_anew() -> None:
    """It is listed once."""
    assert seconds(run((1, Done()), (9, Wait((), "r", "m")))) == (9, 9.5, None)


def test_figures_are_held_back_for_two_seconds_and_not_where_they_are_the_same() -> None:
    """The end is told at once."""
    step, now = run((1, wait(1))), pieces.NOW + timedelta(seconds=2)
    assert timeline.held_s([step], PHASE, wait(1), now=now) == 0
    assert timeline.held_s([step], PHASE, wait(2), now=now) == 1.5
    assert timeline.held_s([step], PHASE, Done(figures=wait(2).figures), now=now) == 0
    assert run((1, wait(1)), (1.2, wait(2))) == step
    assert run((1, wait(1)), (1.2, Done(figures=wait(2).figures))).figures != step.figures


def test_a_volume_in_numbers() -> None:
    """With pod, claim, node and cluster."""
    found = figures.of_volume(copy(10), SCOPE.source, claims={})
    assert (found.pod, found.volume, found.claim, found.node, found.cluster) == ("shop/web", "v", "shop/data", "n1", "remote")
    assert (found.state, found.bytes_done, found.bytes_total) == ("Running", 10, 1000)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({}, ("Waiting", None, None)),
        ({"phase": "InProgress"}, ("Running", None, None)),
        ({"phase": "Completed"}, ("Completed", 0, 0)),
        ({"phase": "Failed", "message": "full"}, ("Failed", None, None)),
        ({"phase": "Canceling", "progress": {"totalBytes": 5}}, ("Running", None, 5)),
    ],
)
def test_what_a_volume_does_not_tell_is_absent(status: Object, expected: tuple[str, int | None, int | None]) -> None:
    """An empty volume is complete with nothing in it."""
    found = figures.of_volume({**copy(0), "status": status}, SCOPE.source, claims={})
    assert (found.state, found.bytes_done, found.bytes_total) == expected


def test_a_restore_finds_its_claim_through_the_backup() -> None:
    """Its own object does not name the claim."""
    told = run((1, Done(figures=(figures.of_volume(copy(1000, phase="Completed"), SCOPE.source, claims={}),))))
    claims = figures.claims_of([told])
    restore: Object = {**copy(1), "kind": "PodVolumeRestore", "metadata": {"name": "r-1", "namespace": "mig"}}
    assert figures.of_volume(restore, SCOPE.target, claims=claims).claim == "shop/data"


def test_backups_and_restores_count_objects() -> None:
    """Each in its own field."""

    def count(kind: str, field: str) -> ItemFigures:
        item = {"kind": kind, "metadata": {"name": "x", "namespace": "mig"}, "status": {"progress": {field: 3, "totalItems": 9}}}
        return figures.of_objects(item, SCOPE.source)

    for found in (count("Backup", "itemsBackedUp"), count("Restore", "itemsRestored")):
        assert (found.objects_done, found.objects_total, found.bytes_total) == (3, 9, None)
