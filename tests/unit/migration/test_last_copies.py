"""What must not be deleted or stopped, because data would go with it."""

from typing import Any

import pytest

from mtc.kube.client import Object
from mtc.migration import generated, last_copies, lost_claims
from mtc.migration.quiesce import dangers


def _claim(name: str, *, namespace: str = "shop", volume: str = "pv", **meta: Any) -> Object:
    return {"metadata": {"name": name, "namespace": namespace, **meta}, "spec": {"volumeName": volume} if volume else {}}


def test_a_copy_is_the_last_one_where_the_source_has_its_claim_no_more() -> None:
    """By the names of the source; a claim without a volume holds nothing, and one that is being deleted is as good as gone."""
    made = [
        _claim("kept", namespace="new"),
        _claim("moved-new", namespace="new"),
        _claim("gone", namespace="new"),
        _claim("going", namespace="new"),
        _claim("waits", namespace="new", volume=""),
    ]
    there = [_claim("kept"), _claim("moved"), _claim("going", deletionTimestamp="2026-01-01T00:00:00Z"), _claim("gone", namespace="other")]
    found = last_copies.alone(made, there, places={"new": "shop"}, origins={("shop", "moved-new"): "moved"})
    assert found == ["new/going", "new/gone"]


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (None, False),
        (_claim("data", creationTimestamp="2026-01-01T10:00:00Z"), True),
        (_claim("data", creationTimestamp="2026-01-01T10:00:05Z"), True),
        (_claim("data", creationTimestamp="2026-01-01T10:00:06Z"), False),
        (_claim("data", creationTimestamp="2026-01-01T10:00:00Z", deletionTimestamp="2026-01-01T11:00:00Z"), False),
    ],
)
def test_a_claim_that_is_younger_than_the_restore_is_another(claim: Object | None, *, expected: bool) -> None:
    """Somebody has deleted the one that was filled, and a workload has made it anew, empty."""
    restore = {"status": {"completionTimestamp": "2026-01-01T10:00:05Z"}}
    assert lost_claims.is_of(restore, claim) is expected


@pytest.mark.parametrize(
    ("policy", "replicas", "told"),
    [
        ({"whenScaled": "Delete"}, 2, 1),
        ({"whenScaled": "Delete"}, 0, 0),
        ({"whenScaled": "Retain", "whenDeleted": "Delete"}, 2, 0),
        (None, 2, 0),
    ],
)
def test_a_set_that_deletes_its_claims_is_not_stopped(policy: Object | None, replicas: int, told: int) -> None:
    """One that stands still has lost them already, or never had any."""
    spec = {"replicas": replicas, **({"persistentVolumeClaimRetentionPolicy": policy} if policy else {})}
    found = list(dangers.of_sets([{"kind": "StatefulSet", "metadata": {"name": "db", "namespace": "shop"}, "spec": spec}]))
    assert len(found) == told
    assert all("StatefulSet shop/db" in text and "Retain" in text for text in found)


def test_messages_that_differ_in_made_up_names_are_the_same() -> None:
    """Each try gets another one; all other words count."""
    refused = 'pods "stage-web-{}" is forbidden: maximum cpu usage per Container is {}'
    before, other = refused.format("x8jl6", "50m"), refused.format("x8jl6", "60m")
    assert generated.steady(before, refused.format("x6hkj", "50m")) == before
    assert generated.steady(before, other) == other
    assert generated.steady("", before) == before
