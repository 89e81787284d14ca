"""A person installs the toolkit a second time."""

from kit import labs
from mtc.kube import resources
from mtc.kube.client import Client


async def test_installing_again_changes_nothing(lab: labs.Lab) -> None:
    """`mtc install` on clusters that have it says that no objects were changed, and restarts nothing."""
    for cluster in (lab.source, lab.target):
        before = await _pods(cluster)
        assert "Installed; no objects changed." in await lab.install(cluster)
        assert await _pods(cluster) == before


async def _pods(cluster: Client) -> set[str]:
    return {item["metadata"]["uid"] for item in await cluster.list_all(resources.PODS, namespace=labs.TOOLKIT)}
