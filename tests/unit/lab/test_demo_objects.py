"""Comparing objects: what clusters and migrations write by themselves is taken out, what a person wrote stays."""

import copy

import pytest

from mtc.lab.demo import objects

_SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {
        "name": "front",
        "namespace": "shop",
        "uid": "1",
        "resourceVersion": "17",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {"app": "front"},
        "annotations": {"shop.example.com/what": "pages"},
        "managedFields": [{}],
    },
    "spec": {"type": "NodePort", "clusterIP": "10.0.0.7", "clusterIPs": ["10.0.0.7"], "ports": [{"port": 80, "nodePort": 30080}]},
    "status": {"loadBalancer": {}},
}


def _migrated() -> dict:
    item = copy.deepcopy(_SERVICE)
    item["metadata"] |= {"uid": "2", "resourceVersion": "99", "creationTimestamp": "2026-01-02T00:00:00Z"}
    item["metadata"]["labels"] |= {"migration.openshift.io/migrated-by-migplan": "abc", "velero.io/restore-name": "r"}
    item["spec"] |= {"clusterIP": "10.9.9.9", "clusterIPs": ["10.9.9.9"]}
    return item


def test_a_migrated_object_has_the_checksum_of_its_source():
    """Addresses, UIDs, times and the labels of a migration do not count."""
    assert objects.checksums([_SERVICE]) == objects.checksums([_migrated()])


@pytest.mark.parametrize(
    "change",
    [
        lambda item: item["spec"]["ports"][0].update(nodePort=30081),
        lambda item: item["metadata"]["labels"].update(app="back"),
        lambda item: item["metadata"].pop("annotations"),
        lambda item: item["spec"].update(type="ClusterIP"),
        lambda item: item["metadata"].update(name="other"),
    ],
)
def test_what_a_person_wrote_counts(change):
    """A changed port, label, annotation, field or name gives another checksum."""
    changed = _migrated()
    change(changed)
    assert objects.checksums([changed]).checksum != objects.checksums([_SERVICE]).checksum


def test_a_headless_service_is_not_the_same_as_one_with_an_address():
    """That there is no address is the person's choice, and counts."""
    headless = copy.deepcopy(_SERVICE)
    headless["spec"] |= {"clusterIP": "None", "clusterIPs": ["None"]}
    assert objects.checksums([headless]).checksum != objects.checksums([_SERVICE]).checksum


@pytest.mark.parametrize(
    ("group_resource", "item", "counts"),
    [
        ("configmaps", {"metadata": {"name": "kube-root-ca.crt"}}, False),
        ("configmaps", {"metadata": {"name": "front"}}, True),
        ("replicasets.apps", {"metadata": {"name": "api-1", "ownerReferences": [{"kind": "Deployment"}]}}, False),
        ("jobs.batch", {"metadata": {"name": "seed"}, "status": {"conditions": [{"type": "Complete", "status": "True"}]}}, False),
        ("jobs.batch", {"metadata": {"name": "seed"}, "status": {}}, True),
    ],
)
def test_only_objects_of_people_are_compared(group_resource, item, counts):
    """What controllers make, what every namespace gets, and Jobs that are over are left out."""
    assert objects.is_compared(group_resource, item) is counts
