"""The parts of a dry run that only reckon: times, the report, what is worth telling, and differences without secrets."""

import base64
import gzip
import json
from datetime import timedelta
from typing import Any

import pytest

from kit import pieces
from mtc.api import base
from mtc.api.dry_run import PlannedObject
from mtc.api.migration.migmigration import DRY_RUN_ITINERARY, MigMigrationStatus
from mtc.engine.rehearsal import differences
from mtc.engine.rehearsal.run import Judged
from mtc.kube.client import Object
from mtc.migration import flags, itineraries, status, validation
from mtc.migration.dry_run import estimate, looks, objects, report
from mtc.migration.dry_run.estimate import Amounts, Rate
from mtc.migration.phases import canceled
from mtc.migration.scope import CANCEL_ITINERARY

NONE = Rate()


def copied(amount: int, seconds: int, *, phase: str = "Completed") -> Object:
    """A PodVolumeBackup that has ended."""
    times = {
        "startTimestamp": base.format_time(pieces.NOW),
        "completionTimestamp": base.format_time(pieces.NOW + timedelta(seconds=seconds)),
    }
    return {"status": {"phase": phase, "progress": {"bytesDone": amount}, **times}}


def amounts(**changed: Any) -> Amounts:
    """What there is to do."""
    usual: dict[str, Any] = {"volume_bytes": 60_000_000, "objects": 100, "created": 100, "stops": True}
    rates = dict.fromkeys(("saved", "brought", "stored", "restored"), NONE)
    return Amounts(**{**usual, **rates, **changed})


def test_a_rate_is_all_bytes_over_all_seconds_of_what_completed() -> None:
    """Tiny volumes and failures say nothing; less than a second counts as one."""
    found = estimate.of_volumes([copied(8_000_000, 4), copied(2_000_000, 0), copied(10, 9), copied(5_000_000, 1, phase="Failed"), {}])
    assert found == Rate(10_000_000, 5.0, 2)
    assert found.per_second(7) == 2_000_000
    assert NONE.per_second(7) == 7


def test_times_follow_from_amounts_and_rates_and_tell_their_basis() -> None:
    """Measured only when every rate that is needed was; no downtime where nothing is stopped."""
    assumed = estimate.estimate(amounts())
    assert (assumed.basis, assumed.total_seconds, assumed.downtime_seconds) == ("assumed", 20 + 1 + 4 + 1 + 15, 4 + 1 + 15)
    fast = Rate(60_000_000, 1.0, 1)
    measured = estimate.estimate(amounts(saved=fast, brought=fast, stored=Rate(100, 2, 1), restored=Rate(100, 4, 1), fixed_s=[5, 7, 90]))
    assert (measured.basis, measured.total_seconds, measured.downtime_seconds) == ("measured", 7 + 2 + 2 + 4 + 15, 2 + 4 + 15)
    assert estimate.estimate(amounts(saved=fast)).basis == "assumed"
    without = estimate.estimate(amounts(volume_bytes=0, stored=Rate(100, 2, 1), restored=Rate(100, 4, 1)))
    assert without.basis == "measured"
    assert estimate.estimate(amounts(stops=False)).downtime_seconds == 0


def test_a_short_report_is_readable_and_a_long_one_is_packed_or_cut() -> None:
    """A ConfigMap has a limit."""
    few = [PlannedObject(action="create", kind="ConfigMap", namespace="shop", name=f"c-{n}") for n in range(3)]
    assert [entry["name"] for entry in json.loads(report.content({"a": 1}, few)["data"]["report"])["list"]] == ["c-0", "c-1", "c-2"]
    many = [PlannedObject(action="skip", kind="ConfigMap", namespace="shop", name=f"c-{n}", message="data.key: 1 → 2") for n in range(9000)]
    packed = report.content({}, many)
    text = gzip.decompress(base64.b64decode(packed["binaryData"]["report.gz"]))
    assert len(json.loads(text)["list"]) == len(many)
    assert "omitted" not in json.loads(text)


def test_what_does_not_even_fit_packed_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """With so small a limit that a few objects are too many."""
    monkeypatch.setattr(report, "_LONGEST_TEXT", 100)
    monkeypatch.setattr(report, "_LONGEST_PACKED", 400)
    many = [PlannedObject(action="create", kind="ConfigMap", name=f"{n * 7919 % 10007:x}") for n in range(300)]
    found = json.loads(gzip.decompress(base64.b64decode(report.content({}, many)["binaryData"]["report.gz"])))
    assert found["omitted"] == 300 - len(found["list"]) > 0


def test_differences_are_told_field_by_field_and_never_a_value_of_a_secret() -> None:
    """What only the live object has, and what servers set, is no difference."""
    live = {"kind": "Deployment", "metadata": {"uid": "1", "labels": {"a": "1"}}, "spec": {"replicas": 3, "paused": True}}
    wanted = {"kind": "Deployment", "metadata": {"labels": {"a": "2"}}, "spec": {"replicas": 2, "list": [], "new": "x"}}
    assert differences.lines(live, wanted) == ["metadata.labels.a: '1' → '2'", "spec.replicas: 3 → 2", "spec.new: absent → 'x'"]
    applied = {"kubectl.kubernetes.io/last-applied-configuration": '{"data": "hush"}'}
    secret = {"kind": "Secret", "metadata": {"annotations": applied}, "data": {"word": "hush", "more": "hush"}}
    told = differences.lines({"kind": "Secret", "metadata": {}, "data": {"word": "before"}}, secret)
    assert [line.partition(":")[0] for line in told] == ["data.word", "data.more"]
    assert "hush" not in " ".join(told)
    assert "before" not in " ".join(told)
    told = differences.lines({"kind": "Secret", "metadata": {}, "data": {"more": "hidden"}}, {"kind": "Secret", "metadata": {}})
    assert told == ["data.more: only in the target (values of Secrets are not shown)"]
    assert differences.lines({"data": {"was": "here"}}, {}) == ["data.was: 'here' → absent"]
    many = differences.lines({"data": {}}, {"data": {str(n): n + 1 for n in range(60)}})
    assert many[-1] == "and 20 more"


def test_what_a_person_wants_to_know_of_comes_first() -> None:
    """Refusals, changes, what stays though it differs; not what simply comes or is the same."""
    judged = [
        Judged("create", ("ConfigMap", "shop", "a")),
        Judged("skip", ("ConfigMap", "shop", "same")),
        Judged("skip", ("ConfigMap", "shop", "differs"), "data.key: 1 → 2"),
        Judged("left-out", ("Endpoints", "shop", "e"), "the target makes its own"),
        Judged("change", ("ServiceAccount", "shop", "sa"), "secrets"),
        Judged("refused", ("Service", "shop", "s"), "quota"),
        Judged("unchecked", ("Widget.example.com", "shop", "w"), "its definition is not there yet"),
        Judged("unchecked", ("Secret", "new", "w"), "namespace new is not there yet"),
    ]
    assert [entry.name for entry in objects.notable(judged)] == ["s", "sa", "differs", "w"]
    found = objects.counts(judged)
    assert (found.create, found.change, found.skip, found.refused, found.unchecked) == (1, 1, 2, 1, 2)
    assert objects.created(judged) == 3


def test_the_phases_are_those_of_the_real_itinerary() -> None:
    """Phases that apply once stage pods exist are among them."""
    plan = pieces.plan(pieces.volume("a"))
    item = pieces.migration(quiescePods=True)
    names = [phase.name for phase in looks.phases(flags.of(spec=item.spec, plan=plan, found=()))]
    assert names[0] == "Started"
    assert names[-1] == "Completed"
    assert {"QuiesceSourceApplications", "StagePodsCreated", "EnsureFinalRestore"} <= set(names)
    back = pieces.migration(rollback=True)
    assert "DeleteMigrated" in {phase.name for phase in looks.phases(flags.of(spec=back.spec, plan=plan, found=()))}


def test_a_dry_run_stays_one_and_is_nobodys_sibling() -> None:
    """Whatever becomes of the annotation; one that is canceled ends, and takes nothing back."""
    item = pieces.migration("look")
    item.metadata["annotations"] = {"migration.openshift.io/dry-run": "true"}
    plan = pieces.plan()
    entered = status.enter(item.status, pieces.scope(item, plan))
    assert (entered.itinerary, entered.phase) == (DRY_RUN_ITINERARY, "")
    item.status = entered
    item.metadata["annotations"] = {}
    assert status.enter(entered, pieces.scope(item, plan)) is entered
    item.spec.canceled = True
    ends = status.enter(entered, pieces.scope(item, plan))
    assert (ends.itinerary, ends.phase) == (CANCEL_ITINERARY, canceled.PHASE.name)
    assert validation.siblings(pieces.migration("real"), [item]) == []
    assert {phase.name for phase in itineraries.DRY_RUN.phases} == {"", "DryRun", "Completed"}


@pytest.mark.parametrize(("value", "types"), [("true", []), ("false", []), ("", []), ("True", ["InvalidSpec"]), ("1", ["InvalidSpec"])])
def test_only_true_means_a_dry_run_and_anything_odd_starts_nothing(value: str, types: list[str]) -> None:
    """A migration that runs already is not stopped by it."""
    item = pieces.migration()
    item.metadata["annotations"] = {"migration.openshift.io/dry-run": value}
    assert [entry.type for entry in validation.check(item, pieces.plan(pieces.volume("a")), [])] == types
    item.status = MigMigrationStatus(itinerary="Final", phase="Started")
    assert validation.check(item, pieces.plan(pieces.volume("a")), []) == []
