"""Which claims get a volume, what it looks like, and which volumes are removed."""

from pathlib import Path
from typing import Any

import pytest

from mtc.lab import provisioner


def claim(**spec: Any) -> dict[str, Any]:
    """A pending claim of the lab's class, with changes."""
    wanted = {"storageClassName": "lab-local", "accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "3Gi"}}}
    meta = {"name": "data", "namespace": "shop", "uid": "u-1"}
    return {"metadata": meta, "spec": wanted | spec, "status": {"phase": "Pending"}}


def test_pending_claim_of_our_class_gets_a_volume() -> None:
    """A plain pending claim is served."""
    assert provisioner.needs_volume(claim())


@pytest.mark.parametrize(
    "spec",
    [
        {"storageClassName": "other"},
        {"storageClassName": None},
        {"volumeName": "pv-1"},
        {"selector": {"matchLabels": {"a": "b"}}},
        {"volumeMode": "Block"},
    ],
)
def test_other_claims_are_left_alone(spec: dict[str, Any]) -> None:
    """Claims of another class, bound by name, with a selector or for a block device are not ours to serve."""
    assert not provisioner.needs_volume(claim(**spec))


def test_bound_or_leaving_claims_are_left_alone() -> None:
    """A claim that is bound, or is being deleted, gets nothing more."""
    assert not provisioner.needs_volume(claim() | {"status": {"phase": "Bound"}})
    leaving = claim()
    leaving["metadata"]["deletionTimestamp"] = "2026-11-23T00:00:00Z"
    assert not provisioner.needs_volume(leaving)


def test_volume_serves_exactly_its_claim() -> None:
    """The volume has the claim's size and modes, is reserved for it by uid, and lies on the node that has its folder."""
    volume = provisioner.volume_for(claim(), directory=Path("/volumes"), node="source-node")
    spec = volume["spec"]
    assert volume["metadata"]["name"] == "pvc-u-1"
    assert spec["capacity"] == {"storage": "3Gi"}
    assert spec["accessModes"] == ["ReadWriteMany"]
    assert (spec["claimRef"]["namespace"], spec["claimRef"]["name"], spec["claimRef"]["uid"]) == ("shop", "data", "u-1")
    assert spec["local"]["path"] == "/volumes/pvc-u-1"
    assert spec["nodeAffinity"]["required"]["nodeSelectorTerms"][0]["matchExpressions"][0]["values"] == ["source-node"]
    assert provisioner.is_ours(volume)


@pytest.mark.parametrize(
    ("phase", "policy", "expected"),
    [("Released", "Delete", True), ("Released", "Retain", False), ("Bound", "Delete", False), ("Available", "Delete", False)],
)
def test_only_released_volumes_to_delete_are_deleted(phase: str, policy: str, *, expected: bool) -> None:
    """A volume goes when its claim is gone and its policy says Delete, and only then."""
    volume = provisioner.volume_for(claim(), directory=Path("/volumes"), node="n")
    volume["status"] = {"phase": phase}
    volume["spec"]["persistentVolumeReclaimPolicy"] = policy
    assert provisioner.is_to_be_deleted(volume) is expected


def test_foreign_volumes_are_never_deleted() -> None:
    """A volume that somebody else has made is not touched, released or not."""
    volume = provisioner.volume_for(claim(), directory=Path("/volumes"), node="n")
    volume["status"] = {"phase": "Released"}
    volume["metadata"]["annotations"] = {"pv.kubernetes.io/provisioned-by": "else.example/local"}
    assert not provisioner.is_to_be_deleted(volume)
