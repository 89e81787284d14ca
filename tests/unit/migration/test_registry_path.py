"""The registry that a MigCluster shows in its status."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from mtc.api.migration.migcluster import LONGEST_REGISTRY_PATH, MigCluster
from mtc.migration import reconcile_cluster

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("exposed", "shown"),
    [
        ("https://registry.example.org/", "registry.example.org"),
        ("registry.example.org:5000", "registry.example.org:5000"),
        ("a" * 1_048_576, "a" * LONGEST_REGISTRY_PATH),
    ],
    ids=["url", "host", "so long that twice of it would not fit into the object"],
)
async def test_the_exposed_registry_is_shown_as_its_host(exposed: str, shown: str) -> None:
    """Without scheme and slash, and never longer than an address can be."""
    spec = {"isHostCluster": True, "exposedRegistryPath": exposed}
    cluster = MigCluster.from_dict({"apiVersion": "migration.openshift.io/v1alpha1", "kind": "MigCluster", "metadata": {}, "spec": spec})
    assert await reconcile_cluster._registry_path(cast("Any", SimpleNamespace(cluster=cluster))) == shown
