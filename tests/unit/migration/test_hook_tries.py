"""What is told of a hook's tries."""

from typing import Any

import pytest

from mtc.migration import hooks


def pod(name: str, made: str, **status: Any) -> dict[str, Any]:
    """A pod of a hook's Job."""
    return {"metadata": {"name": name, "creationTimestamp": made}, "status": status}


ENDED = [{"state": {"terminated": {"exitCode": 7}}}]
FIRST = pod("first", "2026-01-01T00:00:01Z", phase="Failed", containerStatuses=[{"state": {"terminated": {"exitCode": 1}}}])
SECOND = pod("second", "2026-01-01T00:00:02Z", phase="Failed", containerStatuses=ENDED)


@pytest.mark.parametrize(
    ("pods", "told"),
    [
        ([], ""),
        ([pod("now", "2026-01-01T00:00:03Z", phase="Running"), SECOND, FIRST], "The last try, pod second, ended with exit code 7."),
        (
            [pod("late", "2026-01-01T00:00:03Z", phase="Failed", reason="DeadlineExceeded")],
            "The last try, pod late, ended with DeadlineExceeded.",
        ),
        ([pod("lost", "2026-01-01T00:00:03Z", phase="Failed")], "The last try was pod lost."),
    ],
)
def test_the_last_try_that_failed_is_named(pods: list[dict[str, Any]], told: str) -> None:
    """With its exit code, or with what Kubernetes ended it for."""
    assert hooks.last_failure(pods) == told
