"""What must not be deleted or stopped, because data would go with it."""

from typing import Any

import pytest

from kit import pieces
from mtc.api import conditions, names
from mtc.api.conditions import Condition
from mtc.api.migration.migmigration import MigMigration
from mtc.kube.client import Object
from mtc.migration import generated, last_copies, lost_claims, owned_claims, past_namespaces
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


def test_claims_that_a_set_owns_and_that_are_not_ours_are_let_go() -> None:
    """By its UID; a claim with our label goes with everything else."""
    sets = [{"metadata": {"name": "db", "uid": "u"}}]
    owner = [{"uid": "u", "kind": "StatefulSet"}]
    claims = [
        _claim("ours", ownerReferences=owner, labels={"by": "plan"}),
        _claim("kept", ownerReferences=owner, labels={"by": "other"}),
        _claim("bare", ownerReferences=owner),
        _claim("free", ownerReferences=[{"uid": "another", "kind": "StatefulSet"}]),
    ]
    assert [claim["metadata"]["name"] for claim in owned_claims.others(claims, sets, "by=plan")] == ["kept", "bare"]


def _run(name: str, created: str, noted: str, *, ended: bool = True, **spec: Any) -> MigMigration:
    found = pieces.migration(name, created=created, **spec)
    found.metadata["annotations"] = {names.PLAN_NAMESPACES: noted}
    if ended:
        found.status.conditions = [Condition(type=conditions.SUCCEEDED, category=conditions.ADVISORY)]
    return found


def test_namespaces_of_earlier_runs_are_missed_until_they_are_rolled_back() -> None:
    """What a rollback has undone counts no more; another name on the target is another entry."""
    runs = [
        _run("old", "2026-11-20T10:00:00Z", "gone"),
        _run("undone", "2026-11-20T11:00:00Z", "", rollback=True),
        _run("failed", "2026-11-20T12:00:00Z", "a,b:x", ended=False),
        _run("back", "2026-11-20T13:00:00Z", "a", ended=False, rollback=True),
    ]
    assert past_namespaces.missing(["a", "b:y"], runs) == ["b:x"]
    assert past_namespaces.missing(["a", "b:x"], runs) == []


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
