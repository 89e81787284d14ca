"""Which changes wake those who depend on an object."""

from typing import Any

import pytest

from mtc.kube import resources
from mtc.kube.client import Object
from mtc.kube.mirror import Shape
from mtc.kube.resources import ResourceType
from mtc.migration import shapes


def item(version: str = "1", **content: Any) -> Object:
    """An object."""
    return {"metadata": {"name": "a", "uid": "u", "resourceVersion": version}, "spec": {}, **content}


def condition(type_: str, message: str = "") -> dict[str, str]:
    """A condition."""
    return {"type": type_, "status": "True", "category": "Warn", "message": message}


def mark(kind: ResourceType, whole: Object) -> Any:
    """What tells one state of an object from another, after everything else was cut off."""
    shape = shapes.SHAPES.get(kind, Shape())
    return shape.mark(shape.keep(whole))


QUOTA: dict[str, Any] = {"spec": {"hard": {"pods": "9", "requests.storage": "10Gi"}}}
LABELLED = {"name": "a", "uid": "u", "resourceVersion": "1", "labels": {"a": "1"}}
#: As a manifest may bring them along.
HALF: list[dict[str, Any]] = [{"type": "Ready", "status": "True"}, {"type": "Ready", "status": "True", "reason": "a", "category": None}]
CHANGES: list[tuple[ResourceType, dict[str, Any], dict[str, Any], bool]] = [
    (resources.MIG_MIGRATIONS, {"status": {"phase": "A"}}, {"status": {"phase": "B"}}, False),
    (resources.MIG_MIGRATIONS, {"status": {}}, {"status": {"conditions": [condition("Running")]}}, True),
    (resources.MIG_CLUSTERS, {"status": {"conditions": [condition("x", "1")]}}, {"status": {"conditions": [condition("x", "2")]}}, False),
    (resources.MIG_CLUSTERS, {"status": {"conditions": HALF}}, {"status": {"conditions": HALF[::-1]}}, False),
    (resources.MIG_ANALYTICS, {"status": {"conditions": HALF}}, {"status": {"conditions": HALF[::-1]}}, False),
    (resources.MIG_CLUSTERS, {"spec": {"url": "a"}}, {"spec": {"url": "b"}}, True),
    (resources.MIG_PLANS, {"spec": {"persistentVolumes": []}}, {"spec": {"persistentVolumes": [{}]}}, False),
    (resources.MIG_PLANS, {"spec": {"namespaces": ["a"]}}, {"spec": {"namespaces": ["b"]}}, True),
    (resources.BACKUP_STORAGE_LOCATIONS, {"status": {"phase": "A"}}, {"status": {"phase": "B"}}, False),
    (resources.BACKUP_STORAGE_LOCATIONS, {"spec": {"provider": "a"}}, {"spec": {"provider": "b"}}, True),
    (resources.SECRETS, {"data": {"a": "1"}}, {"data": {"a": "2"}}, True),
    (resources.RESOURCE_QUOTAS, QUOTA | {"status": {"used": {"pods": "1"}}}, QUOTA | {"status": {"used": {"pods": "2"}}}, False),
    (resources.RESOURCE_QUOTAS, QUOTA, QUOTA | {"status": {"used": {"requests.storage": "1Gi"}}}, True),
    (resources.RESOURCE_QUOTAS, QUOTA, {"spec": {"hard": {"pods": "9", "requests.storage": "20Gi"}}}, True),
    (resources.LIMIT_RANGES, {"spec": {"limits": []}}, {"spec": {"limits": [{"type": "PersistentVolumeClaim"}]}}, True),
    (resources.LIMIT_RANGES, {"metadata": LABELLED}, {"metadata": LABELLED | {"labels": {"a": "2"}}}, False),
    (resources.PERSISTENT_VOLUME_CLAIMS, {"status": {"phase": "Pending"}}, {"status": {"phase": "Bound"}}, True),
    (resources.PODS, {"status": {"phase": "Pending"}}, {"status": {"phase": "Running"}}, True),
    (resources.PODS, {"status": {"podIP": "1"}}, {"status": {"podIP": "2"}}, False),
    (resources.STORAGE_CLASSES, {"provisioner": "a"}, {"provisioner": "b"}, True),
]


@pytest.mark.parametrize(("kind", "before", "after", "wakes"), CHANGES)
def test_only_what_matters_changes_the_mark(kind: ResourceType, before: dict[str, Any], after: dict[str, Any], *, wakes: bool) -> None:
    """Progress of a migration, texts and addresses wake nobody; states, settings and data do."""
    assert (mark(kind, item("1", **before)) != mark(kind, item("2", **after))) is wakes
