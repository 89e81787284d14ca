"""The parts of a plan's registry on a cluster, found by their labels: by the migration, and by whoever clears up behind a plan that is gone."""

from collections.abc import Sequence

from mtc.api import names
from mtc.kube import resources
from mtc.kube.client import Client, Object, Propagation
from mtc.kube.resources import ResourceType

#: In the order in which they are deleted: whoever looks whether there is something left looks for a Secret.
_ALL = (resources.DEPLOYMENTS, resources.SERVICES, resources.SECRETS)


def labels(plan_uid: str) -> dict[str, str]:
    """By which all parts of a plan's registries are found. Pure."""
    return {**names.correlation_labels("MigPlan", plan_uid), names.MIGRATION_REGISTRY_LABEL: names.TRUE}


def selector(plan_uid: str) -> str:
    """A label selector for them, their pods included. Pure."""
    return ",".join(f"{key}={value}" for key, value in labels(plan_uid).items())


def has_any(secrets: Sequence[Object]) -> bool:
    """Whether a registry is among the parts of a plan to which these Secrets belong. Pure."""
    return any(names.MIGRATION_REGISTRY_LABEL in (secret["metadata"].get("labels") or {}) for secret in secrets)


async def find(cluster: Client, kind: ResourceType, plan_uid: str, *, namespace: str) -> list[Object]:
    """The parts of a kind, the oldest first, without those that are on their way out. Raises KubeError."""
    found = await cluster.list_all(kind, namespace=namespace, label_selector=selector(plan_uid))
    there = [item for item in found if not item["metadata"].get("deletionTimestamp")]
    return sorted(there, key=lambda item: (item["metadata"]["creationTimestamp"], item["metadata"]["name"]))


async def remove(cluster: Client, plan_uid: str, *, namespace: str, keep: str = "") -> None:
    """Deletes all parts but those of a name. Raises KubeError."""
    for kind in _ALL:
        for item in await find(cluster, kind, plan_uid, namespace=namespace):
            meta = item["metadata"]
            if meta["name"] != keep:
                how: Propagation = "Foreground" if kind == resources.DEPLOYMENTS else "Background"
                await cluster.delete(kind, meta["name"], namespace=namespace, uid=meta["uid"], propagation=how)
