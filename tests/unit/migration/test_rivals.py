"""Who has started again what was stopped."""

from datetime import UTC, datetime, timedelta
from typing import Any

from mtc.api import names
from mtc.kube.client import FIELD_MANAGER
from mtc.migration.quiesce import rivals, scalable

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def deployment(*, replicas: int, marked: bool = True, fields: dict[str, Any] | None = None, **meta: Any) -> dict[str, Any]:
    """A Deployment, with our mark or without."""
    annotations = {names.PRE_QUIESCE_REPLICAS: "3"} if marked else {}
    entries = [
        {"manager": manager, "fieldsV1": path, "time": (NOW - timedelta(seconds=4)).isoformat()} for manager, path in (fields or {}).items()
    ]
    meta = {"namespace": "shop", "name": "web", "annotations": annotations, "managedFields": entries, **meta}
    return {"kind": "Deployment", "metadata": meta, "spec": {"replicas": replicas}}


REPLICAS = {"f:spec": {"f:replicas": {}}}


def test_only_what_carries_our_mark_and_runs_was_started_again() -> None:
    """A stopped one stands still, and one without a mark was never stopped."""
    assert rivals.is_started_again(scalable.DEPLOYMENT, deployment(replicas=1))
    assert not rivals.is_started_again(scalable.DEPLOYMENT, deployment(replicas=0))
    assert not rivals.is_started_again(scalable.DEPLOYMENT, deployment(replicas=1, marked=False))


def test_the_mark_that_a_deployment_copies_to_its_replica_sets_does_not_count() -> None:
    """The Deployment itself is looked at."""
    owned = deployment(replicas=1, ownerReferences=[{"kind": "Deployment", "name": "web", "controller": True}])
    assert not rivals.is_started_again(scalable.REPLICA_SET, owned)
    assert rivals.is_started_again(scalable.DEPLOYMENT, owned)


def test_who_has_set_the_replicas_is_named_with_the_owner() -> None:
    """From the record of the API server; we and those who set other fields are not named."""
    fields = {"argocd-controller": REPLICAS, FIELD_MANAGER: REPLICAS, "kubectl": {"f:metadata": {}}}
    owned = deployment(replicas=1, fields=fields, ownerReferences=[{"kind": "Database", "name": "db", "controller": True}])
    assert rivals.describe(owned) == "Deployment shop/web (field manager argocd-controller, its owner Database db)"
    scaled = deployment(replicas=1, fields={"kube-controller-manager": REPLICAS})
    assert "HorizontalPodAutoscaler" in rivals.describe(scaled)
    assert rivals.describe(deployment(replicas=1)) == "Deployment shop/web"


def test_how_long_it_stands_still_is_counted_from_our_last_write() -> None:
    """Where nothing was written by us it is for ever."""
    assert rivals.stopped_for_s([deployment(replicas=0, fields={FIELD_MANAGER: REPLICAS})], now=NOW) == 4
    assert rivals.stopped_for_s([deployment(replicas=0)], now=NOW) == float("inf")


def test_what_others_have_set_since_shows_that_a_stopped_object_has_run() -> None:
    """Not what they had set before, and not what we have set."""
    earlier, later = ((NOW + timedelta(seconds=offset)).isoformat() for offset in (-5, 5))
    theirs = deployment(replicas=0, fields={"kubectl": REPLICAS})
    assert rivals.has_moved(theirs, since=earlier)
    assert not rivals.has_moved(theirs, since=later)
    assert not rivals.has_moved(deployment(replicas=0, fields={FIELD_MANAGER: REPLICAS}), since=earlier)
    assert not rivals.has_moved(deployment(replicas=0, fields={"kubectl": {"f:metadata": {}}}), since=earlier)
