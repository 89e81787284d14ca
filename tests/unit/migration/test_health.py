"""What is unhealthy, and what is ready."""

from typing import Any

import pytest

from kit import pieces
from mtc.api import names
from mtc.kube.client import Object
from mtc.migration import health


def test_a_failed_pod_of_a_hook_is_not_the_applications() -> None:
    """One that failed stays although the next one was through; labels of the application with the same names do not count."""
    labels = {names.PHASE: "PostRestore", names.OWNER: "uid"}
    pod = pieces.pod("hook", phase="Failed")
    pod["metadata"]["labels"] = labels
    assert health.is_unhealthy(pod)
    pod["metadata"]["labels"] = {**labels, "mighook": "uid"}
    assert not health.is_unhealthy(pod)


@pytest.mark.parametrize(("kind", "status", "done"), [("Complete", "True", True), ("Failed", "True", False), ("Complete", "False", False)])
def test_a_failed_pod_of_a_job_that_is_through_does_not_count(kind: str, status: str, *, done: bool) -> None:
    """The Job has tried again."""
    job = pieces.workload("Job", "batch") | {"status": {"conditions": [{"type": kind, "status": status}]}}
    pod = pieces.pod("batch-1", owner=job, phase="Failed")
    assert health.is_of_done(pod, {job["metadata"]["uid"]: job}) == done


def seen(kind: str, generation: int, **status: Any) -> Object:
    """A workload in its second generation."""
    item = pieces.workload(kind, replicas=1)
    item["metadata"]["generation"] = 2
    return item | {"status": {"observedGeneration": generation, **status}}


@pytest.mark.parametrize(
    ("kind", "status"),
    [("Deployment", {"readyReplicas": 1}), ("DaemonSet", {"numberReady": 1, "desiredNumberScheduled": 1}), ("DaemonSet", {})],
)
def test_numbers_from_before_the_last_change_say_nothing(kind: str, status: dict[str, int]) -> None:
    """A DaemonSet that its controller has not looked at wants no pods."""
    assert health.is_ready(seen(kind, 2, **status))
    stale = seen(kind, 1, **status)
    assert not health.is_ready(stale)
    assert "has not seen its last change" in health.describe(stale)
