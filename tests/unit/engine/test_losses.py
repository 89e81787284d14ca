"""Which volumes a restore has to call empty."""

from typing import Any

import pytest

from mtc.api import names
from mtc.engine.restore import losses


def _copy(*, phase: str, snapshot: str = "", volume: str = "data", claim: str | None = "db") -> dict[str, Any]:
    annotations = {names.PVC_NAME: claim} if claim else {}
    return {
        "metadata": {"name": "pvb-1", "annotations": annotations},
        "spec": {"pod": {"namespace": "shop", "name": "db-0"}, "volume": volume},
        "status": {"phase": phase, "snapshotID": snapshot, "message": "the disk died"},
    }


@pytest.mark.parametrize(
    ("info", "copies", "word"),
    [
        (None, [], ""),
        ({"skipped": True, "backupMethod": ""}, [], ""),
        ({"skipped": True, "skippedReason": "opted out"}, [], ""),
        ({"backupMethod": "PodVolumeBackup", "result": "succeeded"}, [_copy(phase="Completed", snapshot="1")], ""),
        ({"backupMethod": "PodVolumeBackup"}, [_copy(phase="Completed")], ""),
        ({"backupMethod": "PodVolumeBackup", "result": "failed"}, [_copy(phase="Failed")], "Failed: the disk died"),
        (None, [_copy(phase="InProgress")], "is InProgress"),
        (None, [_copy(phase="Failed"), _copy(phase="Completed", snapshot="1")], ""),
        ({"backupMethod": "PodVolumeBackup"}, [], "no PodVolumeBackup"),
        ({"backupMethod": "CSISnapshot", "result": "succeeded"}, [], "as CSISnapshot"),
        ({"backupMethod": "NativeSnapshot"}, [], "as NativeSnapshot"),
    ],
)
def test_claims_that_stay_empty(info: dict[str, Any] | None, copies: list[dict[str, Any]], word: str) -> None:
    """Only where the backup was to keep data and has none that this engine can bring back; an empty volume is no loss."""
    told = losses.of_claim("PersistentVolumeClaim shop/db", info, copies)
    assert bool(told) is bool(word)
    assert word in told


def test_volumes_of_the_pod_itself() -> None:
    """A volume with a claim is told of with its claim, one that is not in the pod not at all."""
    pod = {
        "metadata": {"namespace": "shop", "name": "db-0"},
        "spec": {"volumes": [{"name": "cache", "emptyDir": {}}, {"name": "data", "persistentVolumeClaim": {"claimName": "db"}}]},
    }
    copies = [_copy(phase="Failed", volume=name, claim=None) for name in ("cache", "data", "gone")]
    copies.append(_copy(phase="Completed", volume="cache", claim=None))
    found = losses.of_pod(pod, copies)
    assert len(found) == 1
    assert "Volume cache of pod shop/db-0 is empty" in found[0]


def test_claims_without_a_name_are_found_by_the_volume_info() -> None:
    """Which names pod and volume."""
    info = {"pvbInfo": {"podNamespace": "shop", "podName": "db-0", "volumeName": "data"}}
    copy = _copy(phase="Completed", claim=None)
    assert losses.by_claim([copy]) == {}
    assert losses.named(info, [copy]) == [copy]
    assert losses.named(None, [copy]) == []
