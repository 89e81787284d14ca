"""A manifest may bring a status along, as one does that was read from elsewhere: what no controller has written proves nothing."""

from typing import Any

import pytest

from mtc.migration import reconcile_analytic, reconcile_plan

CLOSED = {"type": "Closed", "status": "True", "category": "Advisory"}
READY = {"type": "Ready", "status": "True", "category": "Required"}


@pytest.mark.parametrize(
    ("spec", "status", "finished"),
    [
        ({"closed": True}, {"conditions": [CLOSED], "observedDigest": "5e"}, True),
        ({"closed": True}, {"conditions": [CLOSED]}, False),
        ({"closed": False}, {"conditions": [CLOSED], "observedDigest": "5e"}, False),
        ({"closed": True}, None, False),
    ],
    ids=["by a controller", "by the manifest", "opened again", "new"],
)
def test_a_plan_is_closed_when_a_controller_has_said_so(spec: dict[str, Any], status: dict[str, Any] | None, *, finished: bool) -> None:
    """Else its locations would stay for ever."""
    assert reconcile_plan._is_finished({"metadata": {}, "spec": spec, "status": status}) is finished


@pytest.mark.parametrize(
    ("spec", "status", "done"),
    [
        ({}, {"conditions": [READY], "observedGeneration": 2}, True),
        ({}, {"conditions": [READY]}, False),
        ({"refresh": True}, {"conditions": [READY], "observedGeneration": 2}, False),
    ],
    ids=["by a controller", "by the manifest", "to be done again"],
)
def test_an_analysis_is_done_when_a_controller_has_said_so(spec: dict[str, Any], status: dict[str, Any], *, done: bool) -> None:
    """Else a plan would go by figures that nobody has measured."""
    assert reconcile_analytic._is_done({"metadata": {}, "spec": spec, "status": status}) is done
