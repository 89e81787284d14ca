"""What the node agent decides from objects alone: the parent of a backup, and whether a pod may be given data."""

from typing import Any

import pytest

from mtc.engine.node_agent import backups, pods
from mtc.engine.node_agent.pods import PodState


def _backup(snapshot: str, when: str, *, phase: str = "Completed", location: str = "repo", uploader: str = "restic") -> dict[str, Any]:
    return {
        "spec": {"backupStorageLocation": location, "uploaderType": uploader},
        "status": {"phase": phase, "snapshotID": snapshot, "completionTimestamp": when},
    }


def test_parent_is_the_newest_usable_snapshot() -> None:
    """Only finished restic snapshots of the same location count; an empty uploader means restic."""
    found = [
        _backup("old", "2026-01-01T00:00:00Z"),
        _backup("new", "2026-01-03T00:00:00Z", uploader=""),
        _backup("failed", "2026-01-04T00:00:00Z", phase="Failed"),
        _backup("elsewhere", "2026-01-05T00:00:00Z", location="other"),
        _backup("kopia", "2026-01-06T00:00:00Z", uploader="kopia"),
        _backup("", "2026-01-07T00:00:00Z"),
        {"spec": {"backupStorageLocation": "repo"}},
    ]
    assert backups.newest_snapshot(found, "repo") == "new"
    assert backups.newest_snapshot([], "repo") is None


def _pod(state: dict[str, Any] | None, *, phase: str = "Pending", container: str = "restore-wait", going: bool = False) -> dict[str, Any]:
    statuses = [] if state is None else [{"name": container, "state": state}]
    meta = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if going else {}
    return {
        "metadata": meta,
        "spec": {"initContainers": [{"name": container}]},
        "status": {"phase": phase, "initContainerStatuses": statuses},
    }


@pytest.mark.parametrize(
    ("pod", "expected", "is_ready"),
    [
        ({"metadata": {}, "spec": {}}, PodState("none", is_going=False), False),
        (_pod({"running": {}}, container="other"), PodState("none", is_going=False), False),
        (_pod(None), PodState("waiting", is_going=False), False),
        (_pod({"waiting": {"reason": "PodInitializing"}}), PodState("waiting", is_going=False), False),
        (_pod({"running": {}}), PodState("running", is_going=False), True),
        (_pod({"running": {}}, going=True), PodState("running", is_going=True), False),
        (_pod({"terminated": {"exitCode": 0}}, phase="Running"), PodState("ended", is_going=False), False),
        (_pod({"running": {}}, phase="Failed"), PodState("ended", is_going=False), False),
    ],
)
def test_pods_that_may_be_given_data(pod: dict[str, Any], expected: PodState, *, is_ready: bool) -> None:
    """Only a pod whose waiting container runs may be written to."""
    assert pods.state_of(pod) == expected
    assert expected.is_ready_for_data is is_ready
