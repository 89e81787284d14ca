"""What the node agent decides from objects alone: the parent of a backup, and whether a pod may be given data."""

from pathlib import Path
from typing import Any, cast

import pytest

from mtc.engine.node_agent import backups, paths, pods, transfers
from mtc.engine.node_agent.pods import PodState
from mtc.kube import resources


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


class _Cluster:
    """The two methods of a cluster that are needed here."""

    name = "test"

    def __init__(self, *found: dict[str, Any]) -> None:
        self._found = found
        self.patches: list[dict[str, Any]] = []

    async def find(self, kind: resources.ResourceType, name: str, *, namespace: str | None = None) -> dict[str, Any] | None:
        """The object of this kind and name."""
        del namespace
        return next((item for item in self._found if item["kind"] == kind.kind and item["metadata"]["name"] == name), None)

    async def patch(self, kind: resources.ResourceType, name: str, patch: dict[str, Any], *, namespace: str | None = None) -> None:
        """Remembers the change."""
        del kind, name, namespace
        self.patches.append(patch)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("plug_in", "source", "below"),
    [
        ("kubernetes.io~local-volume", {"local": {"path": "/x"}}, ""),
        ("kubernetes.io~csi", {"csi": {"driver": "d"}}, "mount"),
        ("kubernetes.io~csi", {"awsElasticBlockStore": {"volumeID": "vol-1"}}, "mount"),
        ("kubernetes.io~aws-ebs", {"awsElasticBlockStore": {"volumeID": "vol-1"}}, ""),
    ],
)
async def test_folder_of_a_volume(tmp_path: Path, plug_in: str, source: dict[str, Any], below: str) -> None:
    """Where a CSI driver has mounted it the data is one level deeper, also when it took the volume over from an old plug-in."""
    claim = {"kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": {"volumeName": "pv-1"}}
    cluster = _Cluster(claim, {"kind": "PersistentVolume", "metadata": {"name": "pv-1"}, "spec": source})
    pod = {
        "metadata": {"name": "db", "namespace": "shop", "uid": "u"},
        "spec": {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]},
    }
    folder = tmp_path / "u" / "volumes" / plug_in / "pv-1"
    (folder / "mount").mkdir(parents=True)
    assert await paths.folder_of(cast("Any", cluster), tmp_path, pod, "v") == folder / below


@pytest.mark.anyio
async def test_what_waits_for_a_place_says_so(tmp_path: Path) -> None:
    """A restore that is accepted names its node; with a place free, or a phase already, nothing is written."""
    cluster = _Cluster()
    agent = transfers.Agent(cast("Any", cluster), "node-1", tmp_path, cast("Any", None))
    item: dict[str, Any] = {"metadata": {"name": "r", "namespace": "ns"}, "spec": {}}
    await transfers.queue(agent, resources.POD_VOLUME_RESTORES, item)
    assert cluster.patches == []
    for _ in range(4):
        await agent.places.acquire()
    await transfers.queue(agent, resources.POD_VOLUME_RESTORES, item)
    await transfers.queue(agent, resources.POD_VOLUME_BACKUPS, item | {"status": {"phase": "InProgress"}})
    assert [(patch["status"]["phase"], patch["status"]["node"]) for patch in cluster.patches] == [("Accepted", "node-1")]
