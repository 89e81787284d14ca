"""One write a pass: what is written, and that nothing is when nothing changed."""

from datetime import UTC, datetime
from typing import Any

from mtc.api import conditions, names
from mtc.kube.client import Object
from mtc.migration import checks, record
from mtc.migration.record import Findings

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = datetime(2026, 1, 2, 3, 5, 5, tzinfo=UTC)
READY = conditions.ready("It is.")


def read(**spec: Any) -> Object:
    """An object that was never looked at."""
    return {"metadata": {"name": "a", "namespace": "mtc", "resourceVersion": "7"}, "spec": spec}


def after(before: Object, findings: Findings, *, now: datetime = NOW) -> Object:
    """The object as the API server has it after the write."""
    body, _ = record.patch(before, findings, now=now)
    assert body is not None
    status = {**(before.get("status") or {}), **body["status"]}
    return {
        **before,
        "spec": {**before["spec"], **body.get("spec", {})},
        "status": {key: value for key, value in status.items() if value is not None},
    }


def test_the_first_pass_writes_conditions_digest_touch_and_version() -> None:
    """The patch carries the resourceVersion that was read, so that a change meanwhile is refused."""
    body, changed = record.patch(read(url="x"), Findings([READY], status={"operatorVersion": "1", "registryPath": None}), now=NOW)
    assert body is not None
    assert body["metadata"]["resourceVersion"] == "7"
    assert body["metadata"]["annotations"][names.TOUCH]
    assert body["status"]["operatorVersion"] == "1"
    assert "registryPath" not in body["status"]
    assert body["status"]["observedDigest"] == record.digest({"url": "x"})
    assert [item.type for item in changed] == [conditions.READY]


def test_a_second_pass_writes_nothing() -> None:
    """Neither later time nor conditions whose `items` the API server dropped count as a change."""
    findings = Findings([checks.warn("PvNoSupportedAction", "", "Volumes [].", items=["a"]), READY], status={"x": 1}, spec={"y": [1]})
    once = after(read(), findings)
    for item in once["status"]["conditions"]:
        item.pop("items", None)
    assert record.patch(once, findings, now=LATER) == (None, [])


def test_a_request_to_refresh_is_answered_by_taking_it_back() -> None:
    """The field goes to false although nothing else changed, and is no part of the digest."""
    once = after(read(), Findings([READY]))
    once["spec"]["refresh"] = True
    body, changed = record.patch(once, Findings([READY]), now=LATER)
    assert body is not None
    assert body["spec"] == {"refresh": False}
    assert changed == []
    assert "observedDigest" not in body["status"]


def test_a_pass_that_failed_answers_no_request_to_refresh() -> None:
    """It is tried again, and looks afresh then."""
    once = after(read(), Findings([READY]))
    once["spec"]["refresh"] = True
    trouble = checks.critical(conditions.RECONCILE_FAILED, "", "It rains.")
    body, changed = record.patch(once, Findings([trouble], through=False), now=LATER)
    assert body is not None
    assert "spec" not in body
    assert [item.type for item in changed] == [conditions.RECONCILE_FAILED]


def test_only_changed_conditions_are_told() -> None:
    """A condition that stays the same keeps its time and is no Event again."""
    once = after(read(), Findings([READY]))
    trouble = checks.warn("OperatorVersionMismatch", "VersionCheckFailed", "They differ.")
    body, changed = record.patch(once, Findings([READY, trouble]), now=LATER)
    assert body is not None
    assert [item.type for item in changed] == ["OperatorVersionMismatch"]
    assert [item["lastTransitionTime"] for item in body["status"]["conditions"]] == ["2026-01-02T03:04:05Z", "2026-01-02T03:05:05Z"]


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    """Two writers of the same spec get the same digest."""
    assert record.digest({"a": 1, "b": 2}) == record.digest({"b": 2, "a": 1}) != record.digest({"a": 1})
