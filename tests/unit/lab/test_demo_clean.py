"""What an earlier demo has left, and what belongs to somebody else."""

import pytest

from mtc.lab.demo import clean, rows, shop

_OURS = {"migration.openshift.io/migplan-name": "shop-mig-plan"}


@pytest.mark.parametrize(
    ("item", "is_ours"),
    [
        ({"kind": "Backup", "metadata": {"name": "b", "labels": _OURS}}, True),
        ({"kind": "Backup", "metadata": {"name": "b", "labels": {}}}, False),
        ({"kind": "Restore", "metadata": {"name": "r"}, "spec": {"backupName": "known"}}, True),
        ({"kind": "Restore", "metadata": {"name": "r"}, "spec": {"backupName": "other"}}, False),
        ({"kind": "PodVolumeBackup", "metadata": {"name": "p", "labels": {"velero.io/backup-name": "known"}}}, True),
        ({"kind": "BackupRepository", "metadata": {"name": "x"}, "spec": {"backupStorageLocation": "lab-repository-abcde"}}, True),
        ({"kind": "BackupRepository", "metadata": {"name": "x"}, "spec": {"backupStorageLocation": "theirs-abcde"}}, False),
        ({"kind": "BackupStorageLocation", "metadata": {"name": "lab-repository-abcde"}}, True),
        ({"kind": "BackupStorageLocation", "metadata": {"name": "theirs-abcde"}}, False),
        ({"kind": "Backup", "metadata": {"name": "lab-repository-abcde"}}, False),
    ],
)
def test_only_what_the_demo_made_is_removed(item, is_ours):
    """Objects of the demo's plan, its Backups and its storage are removed; those of other plans stay."""
    assert clean.is_made(item, backups={"known"}) is is_ours


def test_migrations_of_other_plans_stay():
    """A migration belongs to the demo by its plan."""
    assert clean.is_of_plan({"metadata": {"name": "m"}, "spec": {"migPlanRef": {"name": "shop-mig-plan"}}})
    assert not clean.is_of_plan({"metadata": {"name": "m"}, "spec": {"migPlanRef": {"name": "other"}}})


def test_every_container_of_the_shop_gets_the_image():
    """Manifests name the image `shop`; after filling in none of them does."""
    found = shop.manifests("registry.example.com/shop:1")
    text = repr(found)
    assert "'image': 'shop'" not in text
    assert text.count("'image': 'registry.example.com/shop:1'") == 10


def test_the_shop_is_as_large_as_announced():
    """All kinds that the demo is to show are among its objects."""
    kinds = {item["kind"] for item in shop.manifests("x")}
    assert kinds >= {
        *("ConfigMap", "CronJob", "CustomResourceDefinition", "Deployment", "HorizontalPodAutoscaler", "Ingress", "Job"),
        *("NetworkPolicy", "PersistentVolumeClaim", "PodDisruptionBudget", "Promotion", "Role", "RoleBinding", "Secret", "Service"),
        *("ServiceAccount", "StatefulSet"),
    }


@pytest.mark.parametrize(
    ("status", "is_ready"),
    [
        ({"observedGeneration": 2, "replicas": 1, "readyReplicas": 1, "updatedReplicas": 1}, True),
        ({"observedGeneration": 1, "replicas": 1, "readyReplicas": 1, "updatedReplicas": 1}, False),
        ({"observedGeneration": 2, "replicas": 2, "readyReplicas": 1, "updatedReplicas": 1}, False),
        ({}, False),
    ],
)
def test_a_workload_is_ready_when_its_newest_form_is(status, is_ready):
    """An old form that is ready, or a pod too many, is not ready yet."""
    assert shop.is_ready({"metadata": {"generation": 2}, "spec": {"replicas": 1}, "status": status}) is is_ready


def test_a_workload_that_is_scaled_to_nothing_is_not_ready():
    """After a migration with quiescing the source has no pods: that is not a shop that works."""
    status = {"observedGeneration": 1}
    assert not shop.is_ready({"metadata": {"generation": 1}, "spec": {"replicas": 0}, "status": status})
    assert not shop.is_ready(None)


def test_a_workload_is_ready_when_its_autoscaler_has_looked() -> None:
    """It keeps two pods at least, and there is one until then."""
    one, two = ({"observedGeneration": 1, "readyReplicas": n, "updatedReplicas": n, "replicas": n} for n in (1, 2))
    assert not shop.is_ready({"metadata": {"generation": 1}, "spec": {"replicas": 1}, "status": one}, least=2)
    assert shop.is_ready({"metadata": {"generation": 1}, "spec": {"replicas": 2}, "status": two}, least=2)


def test_counts_are_read_by_database_and_table():
    """The counting program's JSON becomes one table an entry."""
    found = rows.parse(b'{"orders (PostgreSQL)": {"customers": [3, "abc"]}}')
    assert found == {("orders (PostgreSQL)", "customers"): rows.Table(3, "abc")}
